import { type InvoiceState, RESTING_STATES } from './invoice.ts';
import { requestsLeftBy } from './requests-left.ts';

/** What is known of an invoice without reading it. Times are Unix milliseconds. */
export interface InvoiceProgress {
  readonly state: InvoiceState;
  /** Requests to the invoice API about it so far. */
  readonly calls: number;
  /** When the invoice API had last taken it. */
  readonly submittedAtMs?: number | undefined;
  /** When something is next to be done; at rest: when it came to rest. */
  readonly dueAtMs: number;
}

/** How sending goes at present, by the budget that all senders share. */
export interface SendingPace {
  /** Requests per second that the budget gives out, and those that were sent of late. */
  readonly currentPerSecond: number;
  readonly measuredPerSecond: number;
  /** Nothing is sent before: a time in Unix milliseconds. */
  readonly blockedUntilMs: number;
  /** How long an invoice that was taken waits until it is first asked for. */
  readonly pollDelayMs: number;
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
 * As long as work waits it is the requests that are left, at the pace of late, and the last polls; after that, the time
 * that decisions take. It goes by what is: a breakdown to come is in no forecast, and one that is over is not taken to
 * come again.
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
  const isSteady =
    perSecond >= pace.currentPerSecond * BOUND_SHARE || waiting * 1_000 > perSecond * WAITING_MS;
  if (isSteady && perSecond === 0) return undefined;
  const leftMs = isSteady
    ? (requestsLeft(open, atRest, pace, nowMs) / perSecond) * 1_000 + 2 * pace.pollDelayMs
    : lastDecisionMs(open, atRest, pace, nowMs);
  const goesOnAtMs = Math.max(nowMs, pace.blockedUntilMs);
  return { doneAtMs: Math.round(goesOnAtMs + leftMs), remaining: open.length };
}

/** What of late means for requests: the last fifth of the run, or more at its beginning. */
const LATE_SHARE = 0.2;
const LEAST_LATE_MS = 5_000;

/** The first request is the submission. */
const FIRST_QUESTION = 2;

function requestsLeft(
  open: readonly InvoiceProgress[],
  atRest: readonly InvoiceProgress[],
  pace: SendingPace,
  nowMs: number,
): number {
  const ranMs = nowMs - firstTakenAtMs([...open, ...atRest], nowMs);
  const lateFromMs = nowMs - Math.max(LEAST_LATE_MS, ranMs * LATE_SHARE);
  const leftBy = requestsLeftBy([
    ...atRest.map(({ calls, dueAtMs }) => ({
      ...{ made: calls, isDone: true, isRecent: calls >= FIRST_QUESTION && dueAtMs > lateFromMs },
    })),
    ...open.map((invoice) => {
      const askedAtMs = lastAskedAtMs(invoice, pace);
      const isRecent = askedAtMs !== undefined && askedAtMs > lateFromMs && askedAtMs <= nowMs;
      return { made: invoice.calls, isDone: false, isRecent };
    }),
  ]);
  return open.reduce((sum, { calls }) => sum + leftBy(calls), 0);
}

/** When an invoice that was taken was last asked for: it is due again after a pause that doubles, with jitter. */
function lastAskedAtMs(
  { state, calls, submittedAtMs, dueAtMs }: InvoiceProgress,
  { pollDelayMs }: SendingPace,
): number | undefined {
  if (state !== 'submitted' || submittedAtMs === undefined || calls < FIRST_QUESTION) {
    return undefined;
  }
  return Math.max(dueAtMs - 0.75 * pollDelayMs * 2 ** (calls - 1), submittedAtMs);
}

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

/** Of those at rest, the latest tell how long it takes at present. */
const RECENT_SHARE = 0.2;
const FEWEST_RECENT = 200;
/** The last one is probably at rest when fewer than so many are expected to be open: ln 2, at which it is even. */
const NONE_OPEN = 0.69;
const ROUNDS = 30;

/**
 * How long the last decision will probably take. Each open invoice will be so for as long as those at rest were that had
 * been open for as long; the time is looked for by which, in expectation, none of them is left.
 */
function lastDecisionMs(
  open: readonly InvoiceProgress[],
  atRest: readonly InvoiceProgress[],
  pace: SendingPace,
  nowMs: number,
): number {
  const tookMs = recentTimes(atRest);
  const longest = tookMs.at(-1);
  if (longest === undefined) return 2 * pace.pollDelayMs;
  /** The share that is open for longer. */
  const openAfter = (ageMs: number) => (ageMs < 0 ? 1 : countAbove(tookMs, ageMs) / tookMs.length);
  const beganInMs = open.map(({ state, submittedAtMs, dueAtMs }) => {
    if (state === 'submitted' && submittedAtMs !== undefined) return submittedAtMs - nowMs;
    // What is due later than any pause was leased, and is being sent.
    return Math.min(Math.max(dueAtMs - nowMs, 0), 2 * pace.pollDelayMs);
  });
  const openIn = (inMs: number) =>
    beganInMs.reduce((sum, beganIn) => {
      const share = openAfter(-beganIn);
      return share === 0 ? sum : sum + openAfter(inMs - beganIn) / share;
    }, 0);
  let [fromMs, toMs] = [0, longest + 2 * pace.pollDelayMs];
  for (let round = 0; round < ROUNDS; round++) {
    const middleMs = (fromMs + toMs) / 2;
    if (openIn(middleMs) > NONE_OPEN) fromMs = middleMs;
    else toMs = middleMs;
  }
  return toMs;
}

/** How long the latest at rest took since they were taken, in order. */
function recentTimes(atRest: readonly InvoiceProgress[]): number[] {
  const count = Math.max(FEWEST_RECENT, Math.ceil(atRest.length * RECENT_SHARE));
  return atRest
    .filter(({ submittedAtMs }) => submittedAtMs !== undefined)
    .sort((a, b) => b.dueAtMs - a.dueAtMs)
    .slice(0, count)
    .map(({ submittedAtMs = 0, dueAtMs }) => Math.max(dueAtMs - submittedAtMs, 0))
    .sort((a, b) => a - b);
}

function countAbove(sorted: readonly number[], value: number): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((sorted[middle] as number) <= value) from = middle + 1;
    else to = middle;
  }
  return sorted.length - from;
}
