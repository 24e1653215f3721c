/**
 * The life of an invoice at the invoice API, as a pure function.
 *
 *   packaged → sending → submitted → accepted
 *      ↑          ↓ lost answer  ↓ lost
 *      └────── unknown ──────────┘           any → parked when only a person can go on
 *
 * `skipped` is where a package rests that collects nothing and is therefore not sent.
 */
export const INVOICE_STATES = [
  'packaged',
  'sending',
  'unknown',
  'submitted',
  'accepted',
  'parked',
  'skipped',
] as const;
export type InvoiceState = (typeof INVOICE_STATES)[number];

/** States in which nothing happens any more unless a person asks for it. */
export const RESTING_STATES: readonly InvoiceState[] = ['accepted', 'parked', 'skipped'];

/** Why only a person can go on. */
export type ParkReason = 'refused_by_invoice_api' | 'rejected_by_invoice_api' | 'attempts_exhausted';

/** What came of one call to the invoice API. */
export type Answer =
  /** The API has taken it and decides later. */
  | { readonly type: 'taken' }
  | { readonly type: 'accepted' }
  /** Taken, and turned down after a look at it. */
  | { readonly type: 'rejected'; readonly detail: string }
  /** Not taken: the request itself was wrong. */
  | { readonly type: 'refused'; readonly detail: string }
  /** Not taken: too many requests. Costs no attempt. */
  | { readonly type: 'throttled'; readonly retryAfterMs: number }
  /** A look-up that found no such invoice. */
  | { readonly type: 'absent' }
  /** No answer, or one that does not tell whether the request was carried out. */
  | { readonly type: 'no_answer'; readonly detail: string };

export interface RetryPolicy {
  /** Submissions after which an invoice is parked instead of sent again. */
  readonly maxAttempts: number;
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** How long the API is given before it is asked for its decision. */
  readonly pollDelayMs: number;
}

export interface NextStep {
  readonly state: InvoiceState;
  readonly dueInMs: number;
  readonly parkReason?: ParkReason;
  readonly detail?: string;
}

/** The state in which an answer leaves an invoice that was being `sent`, looked up (`unknown`) or polled (`submitted`). */
export function afterAnswer(
  from: 'sending' | 'unknown' | 'submitted',
  answer: Answer,
  attempts: number,
  policy: RetryPolicy,
  random: number,
): NextStep {
  const backoffMs = backoff(attempts, policy, random);
  switch (answer.type) {
    case 'accepted':
      return { state: 'accepted', dueInMs: 0 };
    case 'taken':
      return { state: 'submitted', dueInMs: policy.pollDelayMs };
    case 'rejected':
      return park('rejected_by_invoice_api', answer.detail);
    case 'refused':
      return park('refused_by_invoice_api', answer.detail);
    case 'throttled':
      return { state: from === 'sending' ? 'packaged' : from, dueInMs: answer.retryAfterMs };
    case 'absent':
      if (attempts >= policy.maxAttempts) {
        return park('attempts_exhausted', `not known to the invoice API after ${attempts} submissions`);
      }
      return { state: 'packaged', dueInMs: backoffMs };
    case 'no_answer':
      return {
        state: from === 'submitted' ? 'submitted' : 'unknown',
        dueInMs: backoffMs,
        detail: answer.detail,
      };
  }
}

function park(parkReason: ParkReason, detail: string): NextStep {
  return { state: 'parked', dueInMs: 0, parkReason, detail };
}

/** Exponential backoff with full jitter over its upper half; `random` in [0, 1). */
function backoff(attempts: number, policy: RetryPolicy, random: number): number {
  const exponent = Math.min(Math.max(attempts - 1, 0), 20);
  const ceiling = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** exponent);
  return Math.round(ceiling * (0.5 + random / 2));
}
