import { type InvoiceState, RESTING_STATES } from './invoice.ts';
import { type RequestsToCome, requestsToCome } from './requests-left.ts';

/** What is known of an invoice without reading it. Times are Unix milliseconds. */
export interface InvoiceProgress {
  readonly state: InvoiceState;
  /** Requests to the invoice API about it so far. */
  readonly calls: number;
  /** When the invoice API had last taken it. */
  readonly submittedAtMs?: number | undefined;
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
  pace: SendingPace,
  nowMs: number,
): Forecast | undefined {
  const open = invoices.filter(({ state }) => !RESTING_STATES.includes(state));
  // What was never to be sent does not count.
  const atRest = invoices.filter(({ state, calls }) => RESTING_STATES.includes(state) && calls > 0);
  const isTelling = atRest.length >= (open.length + atRest.length) * TELLING_SHARE;
  if (open.length === 0 || !isTelling) return undefined;

  const perSecond = sentPerSecond([...atRest, ...open], pace, nowMs);
  const waiting = open.filter(({ dueAtMs }) => dueAtMs <= nowMs).length;
  const isBound = perSecond >= pace.currentPerSecond * BOUND_SHARE;
  const isSteady =
    waiting * 1_000 > perSecond * WAITING_MS || (isBound && open.some(({ calls }) => calls === 0));
  if (isSteady && perSecond === 0) return undefined;
  const toCome = requestsOf(open, atRest, pace, nowMs);
  const run: Run = { open, atRest, pace, nowMs, toCome };
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
}

/**
 * While work waits: all requests that are left, at the pace of late, but for those that are made after the last invoice was
 * sent; and then until the last one is decided. What has to be sent again is sent last, for it is due last.
 */
function steadyMs(run: Run, perSecond: number): number {
  const { open, pace, toCome } = run;
  const leftOfFresh = requestsOfFresh(run, perSecond);
  const leftOf = (calls: number) => {
    if (calls === 0) return leftOfFresh;
    // What was only submitted needs less in the same proportion (0 / 0 where none goes on); what was asked for already is of
    // those that take more.
    const part = calls === 1 ? (leftOfFresh - 1) / (toCome.left(0) - 1) || 1 : 1;
    return Math.max(toCome.left(calls) * part, 1);
  };
  const again = open.filter(({ state, calls }) => calls > 0 && state !== 'submitted');
  const fresh = callsOf({ calls: 0, inMs: 0, pauseMs: pace.pollDelayMs, growth: 2 }, toCome.goesOn);
  const begunPerMs = perSecond / leftOfFresh / 1_000;
  const ofFresh = sum(fresh.map(({ inMs, shareBefore }) => shareBefore * inMs)) * begunPerMs;
  const requests = sum(open.map(({ calls }) => leftOf(calls)));
  const afterLast = ofFresh + sum(again.map(({ calls }) => toCome.left(calls) - 1));
  const lastSentMs = (Math.max(requests - afterLast, 0) / perSecond) * 1_000;

  const sentAgain = again.map(({ calls }) =>
    callsOf({ calls, inMs: 0, pauseMs: pace.pollDelayMs, growth: 1 }, toCome.goesOn),
  );
  const openIn = (inMs: number) => {
    const later = fresh.map((call, index) => {
      const untilMs = fresh[index + 1]?.inMs ?? call.inMs;
      return call.shareAfter * Math.max(untilMs - Math.max(call.inMs, inMs), 0);
    });
    return begunPerMs * sum(later) + sum(sentAgain.map((calls) => openShare(calls, inMs)));
  };
  return Math.max(lastSentMs + whenFewAreOpen(openIn, pace), (requests / perSecond) * 1_000);
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
  const begun = [...open, ...atRest].filter(({ submittedAtMs = 0 }) => submittedAtMs > sinceMs);
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
  const ranMs = nowMs - firstTakenAtMs([...open, ...atRest], nowMs);
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

/** Of times that are stored as whole milliseconds. */
const ROUNDING_MS = 1;

/** Whether it was last changed for a request that is under way. */
function isLeased({ dueAtMs, updatedAtMs }: InvoiceProgress, { leaseMs }: SendingPace): boolean {
  return Math.abs(dueAtMs - updatedAtMs - leaseMs) <= ROUNDING_MS;
}

/**
 * How many requests about one that was last changed by an answer were probably made before a time: each pause between them
 * is twice the one before.
 */
function madeBefore(
  { calls, submittedAtMs, updatedAtMs }: InvoiceProgress,
  timeMs: number,
): number {
  if (updatedAtMs <= timeMs) return calls;
  const firstMs = submittedAtMs ?? updatedAtMs;
  if (firstMs > timeMs || calls < 2) return 0;
  const shareOfSpan = (timeMs - firstMs) / (updatedAtMs - firstMs);
  return Math.floor(Math.log2(1 + shareOfSpan * (2 ** (calls - 1) - 1))) + 1;
}

/** After so many requests an invoice is due again after a pause that doubles: half of this to all of it. */
function pauseMs(calls: number, { pollDelayMs }: SendingPace): number {
  return Math.min(pollDelayMs * 2 ** Math.max(calls - 1, 0), LONGEST_PAUSE_MS);
}

const LONGEST_PAUSE_MS = 300_000;

/** The seconds over which the budget measures. */
const MEASURED_MS = 10_000;
const LEAST_MEASURED_MS = 3_000;

/** Requests per second since sending began or went on, where that is less than what the budget measures over. */
function sentPerSecond(
  invoices: readonly InvoiceProgress[],
  pace: SendingPace,
  nowMs: number,
): number {
  const firstAtMs = firstTakenAtMs(invoices, nowMs);
  const spanMs = Math.min(nowMs - Math.max(firstAtMs, pace.blockedUntilMs), MEASURED_MS);
  // Nothing was measured yet: it will be what the budget gives out.
  if (spanMs < LEAST_MEASURED_MS) return pace.currentPerSecond;
  return Math.min((pace.measuredPerSecond * MEASURED_MS) / spanMs, pace.currentPerSecond);
}

function firstTakenAtMs(invoices: readonly InvoiceProgress[], nowMs: number): number {
  return invoices.reduce(
    (first, { submittedAtMs }) => Math.min(first, submittedAtMs ?? nowMs),
    nowMs,
  );
}

/** A request to come: when, and the shares of invoices that are open before and after its answer. */
interface Call {
  readonly inMs: number;
  readonly shareBefore: number;
  readonly shareAfter: number;
}

/** So far ahead is looked for one invoice: by then it is at rest, or late by minutes. */
const MOST_CALLS = 12;

/** The next request about an invoice, and the pause after it. */
interface Next {
  /** Requests so far. */
  readonly calls: number;
  readonly inMs: number;
  readonly pauseMs: number;
  /** What each pause is of the one before: those of polls double, what is sent again is asked for in between. */
  readonly growth: 1 | 2;
}

/**
 * What is to be expected of an invoice from its next request on. Pauses are as long as they get, for it is asked when the
 * last of many is done.
 */
function callsOf(next: Next, goesOn: RequestsToCome['goesOn']): Call[] {
  const calls: Call[] = [];
  let { inMs, pauseMs } = next;
  let shareBefore = 1;
  for (let made = next.calls + 1; made <= next.calls + MOST_CALLS; made++) {
    const shareAfter = shareBefore * goesOn(made);
    calls.push({ inMs, shareBefore, shareAfter });
    inMs += pauseMs;
    pauseMs = Math.min(next.growth * pauseMs, LONGEST_PAUSE_MS);
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

/** When nothing waits: each open invoice is asked for when it is due. */
function lastDecisionMs({ open, pace, nowMs, toCome }: Run): number {
  const plans = open.map((invoice) => {
    const { state, calls, dueAtMs, updatedAtMs } = invoice;
    const isAsked = isLeased(invoice, pace);
    const inMs = isAsked ? 0 : Math.max(dueAtMs - nowMs, 0);
    const pausedMs = isAsked ? pace.pollDelayMs : dueAtMs - updatedAtMs;
    const lastPauseMs = Math.max(pausedMs, pace.pollDelayMs / 2);
    const next: Next =
      state === 'submitted'
        ? { calls, inMs, pauseMs: 2 * lastPauseMs, growth: 2 }
        : { calls, inMs, pauseMs: pace.pollDelayMs, growth: 1 };
    return callsOf(next, toCome.goesOn);
  });
  return whenFewAreOpen((inMs) => sum(plans.map((calls) => openShare(calls, inMs))), pace);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
