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

/** A poll that is so late waits for the poller; of very few it is chance. */
const OVERDUE_MS = 1_500;
const SOME_OVERDUE = 10;

/**
 * When all invoices of a half month will be at rest: accepted or, waiting for a person, parked. Undefined before a tenth of
 * those to be sent is at rest, and with nothing left. It is the latest of
 *
 * - what is not taken yet being submitted at the pace of late, and then decided as slowly as any so far;
 * - the requests that are left, where the budget is what limits;
 * - the polls that are left, where polls wait for the poller.
 *
 * It goes by what is: a breakdown to come is in no forecast, and one that is over is not taken to come again.
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

  const submitted = open.filter(({ state }) => state === 'submitted');
  const untaken = open.length - submitted.length;
  const takenAtMs = [
    ...submitted.flatMap(({ submittedAtMs }) => submittedAtMs ?? []),
    ...atRest.map(({ submittedAtMs, dueAtMs }) => submittedAtMs ?? dueAtMs),
  ];
  const takenPerMs = untaken > 0 ? recentRate(takenAtMs, nowMs) : 0;
  const submittingMs = untaken > 0 ? untaken / Math.max(takenPerMs, Number.EPSILON) : 0;
  const perSecond = sentPerSecond(pace, Math.min(...takenAtMs), nowMs);
  const isBound = perSecond >= pace.currentPerSecond * BOUND_SHARE;
  const overdue = submitted.filter(({ dueAtMs }) => dueAtMs < nowMs - OVERDUE_MS).length;
  const leftBy = requestsLeftBy([
    ...atRest.map(({ calls }) => ({ made: calls, isDone: true })),
    ...open.map(({ calls }) => ({ made: calls, isDone: false })),
  ]);
  const requests = open.reduce((sum, { calls }) => sum + leftBy(calls), 0);

  let leftMs: number;
  if (isBound) {
    leftMs = (requests / perSecond) * 1_000 + 2 * pace.pollDelayMs;
  } else if (overdue >= SOME_OVERDUE) {
    const pollsPerMs = perSecond / 1_000 - takenPerMs;
    const pollingMs = pollsPerMs > 0 ? (requests - untaken) / pollsPerMs : 0;
    leftMs = Math.max(submittingMs + 2 * pace.pollDelayMs, pollingMs);
  } else {
    leftMs = submittingMs + slowestMs(atRest, submitted, untaken, nowMs);
  }
  const goesOnAtMs = Math.max(nowMs, pace.blockedUntilMs);
  return { doneAtMs: Math.round(goesOnAtMs + leftMs), remaining: open.length };
}

/** The seconds over which the budget measures. */
const MEASURED_MS = 10_000;
const LEAST_MEASURED_MS = 3_000;

/** Requests per second since sending began or went on, where that is less than what the budget measures over. */
function sentPerSecond(pace: SendingPace, firstAtMs: number, nowMs: number): number {
  const spanMs = Math.min(nowMs - Math.max(firstAtMs, pace.blockedUntilMs), MEASURED_MS);
  // Nothing was measured yet: it will be what the budget gives out.
  if (spanMs < LEAST_MEASURED_MS) return pace.currentPerSecond;
  return Math.min((pace.measuredPerSecond * MEASURED_MS) / spanMs, pace.currentPerSecond);
}

/** How long the last decision will probably take, from now or, where some are not taken yet, from the last submission. */
function slowestMs(
  atRest: readonly InvoiceProgress[],
  submitted: readonly InvoiceProgress[],
  untaken: number,
  nowMs: number,
): number {
  const tookMs = atRest.flatMap(({ submittedAtMs, dueAtMs }) =>
    submittedAtMs === undefined ? [] : Math.max(dueAtMs - submittedAtMs, 0),
  );
  const longestMs = tookMs.reduce((longest, each) => Math.max(longest, each), 0);
  if (untaken > 0) return longestMs;
  const leftMs = submitted.map(({ submittedAtMs = nowMs, dueAtMs }) => {
    const dueInMs = Math.max(dueAtMs - nowMs, 0);
    // Due later than any took: that is the end of a lease, and it is being asked for.
    return Math.max(longestMs - (nowMs - submittedAtMs), dueInMs > longestMs ? 0 : dueInMs);
  });
  return leftMs.reduce((longest, each) => Math.max(longest, each), 0);
}

const FEWEST_RECENT = 100;
const RECENT_SHARE = 0.3;
const LEAST_PAUSE_MS = 2_000;
const PAUSE_GAPS = 20;

/** How many times come per millisecond of late. A gap far longer than usual is a pause, and counts as no more than a long gap. */
function recentRate(timesMs: readonly number[], nowMs: number): number {
  const count = Math.max(FEWEST_RECENT, Math.ceil(timesMs.length * RECENT_SHARE));
  const recent = timesMs.toSorted((a, b) => b - a).slice(0, count + 1);
  const gaps = recent.slice(1).map((atMs, index) => (recent[index] as number) - atMs);
  if (gaps.length === 0) return 0;
  const mean = ((recent[0] as number) - (recent.at(-1) as number)) / gaps.length;
  const median = gaps.toSorted((a, b) => a - b)[gaps.length >> 1] as number;
  const pauseMs = Math.max(LEAST_PAUSE_MS, PAUSE_GAPS * Math.min(mean, median || mean));
  const sinceLastMs = Math.max(nowMs - (recent[0] as number) - mean, 0);
  const spentMs = [sinceLastMs, ...gaps].reduce((sum, gap) => sum + Math.min(gap, pauseMs), 0);
  return gaps.length / Math.max(spentMs, 1);
}
