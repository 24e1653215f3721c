import { type InvoiceState, RESTING_STATES } from './invoice.ts';

/** What is known of an invoice without reading it. */
export interface InvoiceProgress {
  readonly state: InvoiceState;
  /** Requests to the invoice API about it so far. */
  readonly calls: number;
}

/** How far the invoices of a half month are. Those that were never to be sent do not count. */
export interface SendingProgress {
  /** To be sent, under way and done. */
  readonly toSend: number;
  /** Sent at least once. */
  readonly sent: number;
  /** Not at rest yet. */
  readonly remaining: number;
  /** Requests that these will probably take. */
  readonly requestsLeft: number;
}

/** A submission and one poll: what an invoice takes of an API that decides soon. */
const USUAL_CALLS = 2;
/** How many finished invoices weigh as much as that. */
const PRIOR_WEIGHT = 20;

export function sendingProgress(invoices: Iterable<InvoiceProgress>): SendingProgress {
  const open: number[] = [];
  let [finished, finishedCalls] = [0, 0];
  for (const { state, calls } of invoices) {
    if (!RESTING_STATES.includes(state)) open.push(calls);
    else if (calls > 0) {
      finished += 1;
      finishedCalls += calls;
    }
  }
  const callsEach = (finishedCalls + USUAL_CALLS * PRIOR_WEIGHT) / (finished + PRIOR_WEIGHT);
  return {
    toSend: open.length + finished,
    sent: open.filter((calls) => calls > 0).length + finished,
    remaining: open.length,
    requestsLeft: open.reduce((sum, calls) => sum + Math.max(callsEach - calls, 1), 0),
  };
}

/** How sending goes at present. */
export interface SendingPace {
  readonly requestsPerSecond: number;
  /** Nothing is sent before: a time in Unix milliseconds. */
  readonly blockedUntilMs: number;
  /** How long an invoice that was sent waits until it is first asked for. */
  readonly pollDelayMs: number;
}

/** Before this share is sent, too little is known to tell. */
const TELLING_SHARE = 0.1;

/**
 * When all will be at rest, in Unix milliseconds: the requests that are left at the present pace, and the wait of the last
 * one. Undefined before a tenth is sent, and with nothing left. Parked invoices are at rest.
 */
export function forecastDoneAtMs(
  { toSend, sent, remaining, requestsLeft }: SendingProgress,
  { requestsPerSecond, blockedUntilMs, pollDelayMs }: SendingPace,
  nowMs: number,
): number | undefined {
  if (remaining === 0 || sent < toSend * TELLING_SHARE || requestsPerSecond <= 0) return undefined;
  const goesOnAtMs = Math.max(nowMs, blockedUntilMs);
  return Math.round(goesOnAtMs + (requestsLeft / requestsPerSecond) * 1_000 + pollDelayMs);
}
