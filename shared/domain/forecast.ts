import { type InvoiceState, RESTING_STATES } from './invoice.ts';
import { type RequestsToCome, requestsToCome } from './requests-left.ts';

/** What is known of an invoice without reading it. Times are Unix milliseconds. */
export interface InvoiceProgress {
  readonly state: InvoiceState;
  /** Requests to the invoice API about it so far, since a person last asked for them. */
  readonly calls: number;
  /** How many of them, the latest ones, asked what became of it since it was last taken. */
  readonly polls: number;
  /** When the first request about it left, since a person last asked for them; undefined before its answer. */
  readonly begunAtMs?: number | undefined;
  /** When something is next to be done; at rest: when it came to rest. */
  readonly dueAtMs: number;
  /** When that was set. */
  readonly updatedAtMs: number;
}

/** How sending goes at present, by the budget that all senders share. */
export interface SendingPace {
  /** Requests per second that the budget gives out, and those that were sent of late. */
  readonly currentPerSecond: number;
  readonly measuredPerSecond: number;
  /** Whether invoices of other half months are under way beside these: late usage of which came. */
  readonly isShared: boolean;
  /** Nothing is sent before: a time in Unix milliseconds. */
  readonly blockedUntilMs: number;
  /** How long an invoice that was taken waits until it is first asked for, at most. */
  readonly pollDelayMs: number;
  /** What is due so long after it was changed is leased: a request about it is under way. */
  readonly leaseMs: number;
}

export interface Forecast {
  readonly doneAtMs: number;
  /** Not at rest yet. */
  readonly remaining: number;
}

/** Before this share is at rest, too little is known to tell. */
const TELLING_SHARE = 0.1;

/** A budget of which so much is used is what limits. */
const BOUND_SHARE = 0.85;
/** More work waiting than is sent in that time: whatever limits it, the pace of late will go on. */
const WAITING_MS = 1_000;

/**
 * When all invoices of a half month will be at rest: accepted or, waiting for a person, parked. Undefined before a tenth of
 * those to be sent is at rest, with nothing left, and while work waits and nothing is sent.
 *
 * As long as work waits it is the requests that are left, at the pace of late, and how long the last one that is begun will
 * take; after that, the requests that each open one still needs. It goes by what is: a breakdown to come is in no forecast,
 * and one that is over is not taken to come again.
 */
export function forecastOf(
  invoices: readonly InvoiceProgress[],
  paceOfAll: SendingPace,
  nowMs: number,
): Forecast | undefined {
  const open = invoices.filter(({ state }) => !RESTING_STATES.includes(state));
  // What was never to be sent does not count.
  const atRest = invoices.filter(({ state, calls }) => RESTING_STATES.includes(state) && calls > 0);
  const isTelling = atRest.length >= (open.length + atRest.length) * TELLING_SHARE;
  if (open.length === 0 || !isTelling) return undefined;

  const toBeSent = [...atRest, ...open];
  const pace = ownPace(toBeSent, paceOfAll, nowMs);
  const perSecond = sentPerSecond(toBeSent, pace, nowMs);
  const waiting = open.filter(({ dueAtMs }) => dueAtMs <= nowMs).length;
  const isBound = perSecond >= pace.currentPerSecond * BOUND_SHARE;
  const isSteady =
    waiting * 1_000 > perSecond * WAITING_MS || (isBound && open.some(({ calls }) => calls === 0));
  if (isSteady && perSecond === 0) return undefined;
  const toCome = requestsOf(open, atRest, pace, nowMs);
  const polls = pollsOf(open, atRest);
  const run: Run = { open, atRest, pace, nowMs, toCome, polls };
  const goesOnAtMs = Math.max(nowMs, pace.blockedUntilMs);
  const leftMs = isSteady ? steadyMs(run, perSecond) : lastDecisionMs(run);
  return { doneAtMs: Math.round(goesOnAtMs + leftMs), remaining: open.length };
}

interface Run {
  readonly open: readonly InvoiceProgress[];
  readonly atRest: readonly InvoiceProgress[];
  readonly pace: SendingPace;
  readonly nowMs: number;
  readonly toCome: RequestsToCome;
  /** The same for questions after what was taken. */
  readonly polls: RequestsToCome;
}

/**
 * While work waits, the latest of these: all requests that are left are made, at the pace of late; the last one that is not
 * begun yet is, and then decided; and those that are begun are.
 */
function steadyMs(run: Run, perSecond: number): number {
  const { open, toCome } = run;
  const leftOfFresh = requestsOfFresh(run, perSecond);
  const leftOf = (calls: number) => {
    if (calls === 0) return leftOfFresh;
    // What was only submitted needs less in the same proportion (0 / 0 where none goes on); what was asked for already is of
    // those that take more.
    const part = calls === 1 ? (leftOfFresh - 1) / (toCome.left(0) - 1) || 1 : 1;
    return Math.max(toCome.left(calls) * part, 1);
  };
  const requests = sum(open.map(({ calls }) => leftOf(calls)));
  const fresh = open.filter(({ calls }) => calls === 0);
  const begun = open.filter(({ calls }) => calls > 0);
  const begunPerMs = perSecond / leftOfFresh / 1_000;
  return Math.max(
    (requests / perSecond) * 1_000,
    fresh.length > 0 ? fresh.length / begunPerMs + lastOfManyMs(run, begunPerMs) : 0,
    lastDecisionMs({ ...run, open: begun }),
  );
}

/** From when the last of many is begun, so many each millisecond, until all are decided. */
function lastOfManyMs(run: Run, begunPerMs: number): number {
  const calls = callsAfterTaken(run, 0);
  const detours = detoursOf(run);
  /** For how long one is open from so long after it was begun, on average. */
  const openMs = (afterMs: number) => {
    const parts = calls.map(({ inMs, shareBefore }, index) => {
      const fromMs = Math.max(calls[index - 1]?.inMs ?? 0, afterMs);
      return shareBefore * Math.max(inMs - fromMs, 0);
    });
    return sum(parts);
  };
  const openIn = (inMs: number) =>
    begunPerMs *
    ((1 - detours.share) * openMs(inMs) +
      detours.share * (openMs(inMs - detours.takeMs) + Math.max(detours.takeMs - inMs, 0)));
  return whenFewAreOpen(openIn, run.pace);
}

/** Those that were not simply sent, taken and asked for: an answer was lost, or they were. */
interface Detours {
  readonly share: number;
  /** By how much longer they take, as half of them. */
  readonly takeMs: number;
}

/** By what was begun since sending went on: what had waited for that says nothing of what is to come. */
function detoursOf({ atRest, pace }: Run): Detours {
  const since = atRest.filter(({ begunAtMs = 0 }) => begunAtMs >= pace.blockedUntilMs);
  const { detours = [], straight = [] } = Object.groupBy(since, ({ calls, polls }) =>
    calls - polls > 1 ? 'detours' : 'straight',
  );
  if (straight.length === 0) return { share: 0, takeMs: 0 };
  return {
    share: detours.length / since.length,
    takeMs: Math.max(medianMs(detours) - medianMs(straight), 0),
  };
}

/** How long half of those at rest took at most; 0 for none. */
function medianMs(atRest: readonly InvoiceProgress[]): number {
  const tookMs = atRest.map(
    ({ begunAtMs, updatedAtMs }) => updatedAtMs - (begunAtMs ?? updatedAtMs),
  );
  return tookMs.sort((a, b) => a - b)[tookMs.length >> 1] ?? 0;
}

/** What is accepted was submitted and asked for once. */
const LEAST_REQUESTS = 2;
/** For so many that were begun counts what is known of all. */
const WEIGHT_OF_ALL = 5;

/**
 * How many requests one will take that is not begun. While those to be asked for wait as well, sending and asking share the
 * pace, and as many are begun as of late: each question comes later, and more of them find the decision. What the first
 * ones took, which did not wait, says too much then.
 */
function requestsOfFresh({ open, atRest, pace, nowMs, toCome }: Run, perSecond: number): number {
  const ofAll = toCome.left(0);
  const toBeAsked = open.filter(({ state, dueAtMs }) => state === 'submitted' && dueAtMs <= nowMs);
  if (toBeAsked.length * 1_000 < perSecond * WAITING_MS) return ofAll;
  const requests = (pace.measuredPerSecond * MEASURED_MS) / 1_000;
  const sinceMs = nowMs - MEASURED_MS;
  const begun = [...open, ...atRest].filter(({ begunAtMs = 0 }) => begunAtMs > sinceMs);
  const ofLate = (requests + WEIGHT_OF_ALL * ofAll) / (begun.length + WEIGHT_OF_ALL);
  return Math.min(ofAll, Math.max(ofLate, LEAST_REQUESTS));
}

/** What of late means for requests: the last fifth of the run, or more at its beginning. */
const LATE_SHARE = 0.2;
const LEAST_LATE_MS = 5_000;

function requestsOf(
  open: readonly InvoiceProgress[],
  atRest: readonly InvoiceProgress[],
  pace: SendingPace,
  nowMs: number,
): RequestsToCome {
  const ranMs = nowMs - firstBegunAtMs([...open, ...atRest], nowMs);
  const lateFromMs = nowMs - Math.max(LEAST_LATE_MS, ranMs * LATE_SHARE);
  const requestsFor = (invoice: InvoiceProgress, isDone: boolean) => {
    const isTimeKnown = isDone || (invoice.state === 'submitted' && !isLeased(invoice, pace));
    const madeEarlier = isTimeKnown ? madeBefore(invoice, lateFromMs) : invoice.calls;
    return { made: invoice.calls, isDone, madeEarlier };
  };
  return requestsToCome([
    ...atRest.map((invoice) => requestsFor(invoice, true)),
    ...open.map((invoice) => requestsFor(invoice, false)),
  ]);
}

function pollsOf(open: readonly InvoiceProgress[], atRest: readonly InvoiceProgress[]) {
  const asked = (isDone: boolean) => (invoice: InvoiceProgress) => ({
    made: invoice.polls,
    isDone,
  });
  return requestsToCome([
    ...atRest.filter(({ polls }) => polls > 0).map(asked(true)),
    ...open.filter(({ state }) => state === 'submitted').map(asked(false)),
  ]);
}

/** Of times that are stored as whole milliseconds. */
const ROUNDING_MS = 1;

/** Whether it was last changed for a request that is under way. */
function isLeased({ dueAtMs, updatedAtMs }: InvoiceProgress, { leaseMs }: SendingPace): boolean {
  return Math.abs(dueAtMs - updatedAtMs - leaseMs) <= ROUNDING_MS;
}

/** How many pauses are over after a share of the time that all of them take. */
type PausesOver = (pauses: number, share: number) => number;

/** After so many the pauses are as long as any: one more ends none that matters here. */
const MANY_PAUSES = 30;

/** Each is twice the one before. */
const doubling: PausesOver = (pauses, share) =>
  pauses < MANY_PAUSES ? Math.floor(Math.log2(1 + share * (2 ** pauses - 1))) : pauses - 1;

const evenly: PausesOver = (pauses, share) => Math.floor(pauses * share);

/** How many requests about one that was last changed by an answer were probably made before a time. */
function madeBefore(
  { calls, begunAtMs, updatedAtMs }: InvoiceProgress,
  timeMs: number,
  pausesOver = doubling,
): number {
  if (updatedAtMs <= timeMs) return calls;
  const firstMs = begunAtMs ?? updatedAtMs;
  if (firstMs > timeMs || calls < 2) return 0;
  return pausesOver(calls - 1, (timeMs - firstMs) / (updatedAtMs - firstMs)) + 1;
}

/** After so many requests an invoice is due again after a pause that doubles: half of this to all of it. */
function pauseMs(calls: number, { pollDelayMs }: SendingPace): number {
  return Math.min(pollDelayMs * 2 ** Math.max(calls - 1, 0), LONGEST_PAUSE_MS);
}

const LONGEST_PAUSE_MS = 300_000;

/** The seconds over which the budget measures. */
const MEASURED_MS = 10_000;
const LEAST_MEASURED_MS = 3_000;

/** What began longer ago says nothing of the pace: it may have been another run, such as before a retry. */
const PACE_MS = 120_000;

/** With more of what is sent, the others hardly matter: what is known of these is some moments old. */
const ALMOST_ALL = 0.85;

/** The pace that these invoices have, where others are sent as well. */
function ownPace(
  invoices: readonly InvoiceProgress[],
  pace: SendingPace,
  nowMs: number,
): SendingPace {
  if (!pace.isShared) return pace;
  const sinceMs = nowMs - MEASURED_MS;
  // With pauses that are alike: of late there were no more requests.
  const own = sum(invoices.map((each) => each.calls - madeBefore(each, sinceMs, evenly)));
  const share = (own * 1_000) / MEASURED_MS / pace.measuredPerSecond;
  if (Number.isNaN(share) || share >= ALMOST_ALL) return pace;
  return {
    ...pace,
    currentPerSecond: pace.currentPerSecond * share,
    measuredPerSecond: pace.measuredPerSecond * share,
  };
}

/**
 * Requests per second of late: the mean of what the budget measures and of what was sent in the later half of the time since
 * sending began or went on, so that a few seconds in which a machine was held up do not stand for all that is to come.
 */
function sentPerSecond(
  invoices: readonly InvoiceProgress[],
  pace: SendingPace,
  nowMs: number,
): number {
  const recent = invoices.filter(({ begunAtMs = 0 }) => begunAtMs > nowMs - PACE_MS);
  const firstAtMs = firstBegunAtMs(recent.length > 0 ? recent : invoices, nowMs);
  const ranMs = nowMs - Math.max(firstAtMs, pace.blockedUntilMs);
  // Nothing was measured yet: it will be what the budget gives out.
  if (ranMs < LEAST_MEASURED_MS) return pace.currentPerSecond;
  const measured = (pace.measuredPerSecond * MEASURED_MS) / Math.min(ranMs, MEASURED_MS);
  const halfMs = Math.min(ranMs, PACE_MS) / 2;
  if (measured === 0 || halfMs < MEASURED_MS) return Math.min(measured, pace.currentPerSecond);
  const sent = sum(invoices.map((each) => each.calls - madeBefore(each, nowMs - halfMs)));
  return Math.min((measured + (sent * 1_000) / halfMs) / 2, pace.currentPerSecond);
}

function firstBegunAtMs(invoices: readonly InvoiceProgress[], nowMs: number): number {
  return invoices.reduce((first, { begunAtMs }) => Math.min(first, begunAtMs ?? nowMs), nowMs);
}

/** A request to come: when, and the shares of invoices that are open before and after its answer. */
interface Call {
  readonly inMs: number;
  readonly shareBefore: number;
  readonly shareAfter: number;
}

/** So far ahead is looked for one invoice: by then it is at rest, or late by minutes. */
const MOST_CALLS = 12;

/** Each pause is half to all of what it can be. */
const USUAL_PAUSE = 0.75;

/** What is to be expected of an invoice that is taken in `inMs`. */
function callsAfterTaken({ pace, polls }: Run, inMs: number): Call[] {
  const pauseMs = pace.pollDelayMs * USUAL_PAUSE;
  return callsFrom({ polls: 0, inMs: inMs + pauseMs, pauseMs: 2 * pauseMs }, polls);
}

/** The next question about an invoice, the pause after it, which doubles with each, and how many there were before. */
interface Next {
  readonly polls: number;
  readonly inMs: number;
  readonly pauseMs: number;
}

function callsFrom(next: Next, { goesOn }: RequestsToCome): Call[] {
  const calls: Call[] = [];
  let { inMs, pauseMs } = next;
  let shareBefore = 1;
  for (let made = next.polls + 1; made <= next.polls + MOST_CALLS; made++) {
    const shareAfter = shareBefore * goesOn(made);
    calls.push({ inMs, shareBefore, shareAfter });
    inMs += pauseMs;
    pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    shareBefore = shareAfter;
  }
  return calls;
}

function openShare(calls: readonly Call[], inMs: number): number {
  return calls.findLast((call) => call.inMs <= inMs)?.shareAfter ?? 1;
}

/** The last one is probably at rest when fewer than so many are expected to be open: ln 2, at which it is even. */
const NONE_OPEN = 0.69;
const ROUNDS = 30;

function whenFewAreOpen(openIn: (inMs: number) => number, pace: SendingPace): number {
  let fromMs = 0;
  let toMs = sum(Array.from({ length: MOST_CALLS }, (_, call) => pauseMs(call + 1, pace)));
  for (let round = 0; round < ROUNDS; round++) {
    const middleMs = (fromMs + toMs) / 2;
    if (openIn(middleMs) > NONE_OPEN) fromMs = middleMs;
    else toMs = middleMs;
  }
  return toMs;
}

/** Of more open ones, so many or a few more stand for all. */
const MOST_PLANS = 2_000;

/** Each open invoice is asked for when it is due; what is not taken is sent first. */
function lastDecisionMs(run: Run): number {
  const { open, pace, nowMs, polls } = run;
  const each = Math.max(Math.floor(open.length / MOST_PLANS), 1);
  const plans = open
    .filter((_, place) => place % each === 0)
    .map((invoice) => {
      const { state, dueAtMs, updatedAtMs } = invoice;
      const isAsked = isLeased(invoice, pace);
      const inMs = isAsked ? 0 : Math.max(dueAtMs - nowMs, 0);
      if (state !== 'submitted') return callsAfterTaken(run, inMs);
      const pausedMs = isAsked ? pace.pollDelayMs : dueAtMs - updatedAtMs;
      const lastPauseMs = Math.max(pausedMs, pace.pollDelayMs / 2);
      return callsFrom({ polls: invoice.polls, inMs, pauseMs: 2 * lastPauseMs }, polls);
    });
  const openIn = (inMs: number) => each * sum(plans.map((calls) => openShare(calls, inMs)));
  return whenFewAreOpen(openIn, pace);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
