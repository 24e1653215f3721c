/**
 * The life of an invoice at the invoice API, as pure functions.
 *
 *   packaged → sending → submitted → accepted
 *      ↑          ↓ lost answer  ↓ lost
 *      └────── unknown ──────────┘           any → parked when only a person can go on
 *
 * `skipped` is where a package rests that has nothing to collect and is therefore not sent, `superseded` one that was
 * parked and in whose place a correction has put another revision.
 */
export const INVOICE_STATES = [
  'packaged',
  'sending',
  'unknown',
  'submitted',
  'accepted',
  'parked',
  'skipped',
  'superseded',
] as const;
export type InvoiceState = (typeof INVOICE_STATES)[number];

/** States in which nothing happens any more unless a person asks for it. */
export const RESTING_STATES: readonly InvoiceState[] = [
  'accepted',
  'parked',
  'skipped',
  'superseded',
];

/** Why only a person can go on. */
export type ParkReason =
  | 'refused_by_invoice_api'
  | 'rejected_by_invoice_api'
  | 'attempts_exhausted'
  | 'package_unreadable';

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
  | { readonly type: 'no_answer'; readonly detail: string; readonly retryAfterMs?: number }
  /**
   * Whoever answered does not let us in or is not the invoice API: a wrong key or address. Says nothing
   * about the invoice, so it costs no attempt: a mistake in the settings must not park them all.
   */
  | { readonly type: 'denied'; readonly detail: string };

export interface RetryPolicy {
  /** Submissions after which an invoice is parked instead of sent again. */
  readonly maxAttempts: number;
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /**
   * How long the API is given before it is asked for its decision, half to all of it; the start of the back-off of polls,
   * and their longest pause where it is longer than `maxDelayMs`.
   */
  readonly pollDelayMs: number;
}

/** What an invoice has been through when an answer arrives. */
export interface Tries {
  /** Submissions begun, the running one included. */
  readonly attempts: number;
  /** Calls of the same kind just before this one: what look-ups and polls back off by, whatever the attempts. */
  readonly sameCalls: number;
}

export interface NextStep {
  readonly state: InvoiceState;
  readonly dueInMs: number;
  readonly attempts: number;
  readonly parkReason?: ParkReason;
  readonly detail?: string;
}

/** The state in which an answer leaves an invoice that was being `sent`, looked up (`unknown`) or polled (`submitted`). */
export function afterAnswer(
  from: 'sending' | 'unknown' | 'submitted',
  answer: Answer,
  { attempts, sameCalls }: Tries,
  policy: RetryPolicy,
  random: number,
): NextStep {
  const isSending = from === 'sending';
  const attemptsWithoutThis = isSending ? Math.max(attempts - 1, 0) : attempts;
  const inDoubt = from === 'submitted' ? 'submitted' : 'unknown';
  const askFromMs = from === 'submitted' ? policy.pollDelayMs : policy.baseDelayMs;
  switch (answer.type) {
    case 'accepted':
      return { state: 'accepted', dueInMs: 0, attempts };
    case 'taken': {
      const polls = from === 'submitted' ? sameCalls + 1 : 0;
      return {
        state: 'submitted',
        dueInMs: backoff(policy.pollDelayMs, polls, policy, random),
        attempts,
      };
    }
    case 'rejected':
      return park('rejected_by_invoice_api', answer.detail, attempts);
    case 'throttled':
      return {
        state: isSending ? 'packaged' : from,
        // The budget keeps to Retry-After for all of them, and a person may end that earlier.
        dueInMs: Math.min(answer.retryAfterMs, policy.baseDelayMs),
        attempts: attemptsWithoutThis,
      };
    case 'denied':
      return {
        state: inDoubt,
        dueInMs: jittered(policy.maxDelayMs, random),
        attempts: attemptsWithoutThis,
        detail: answer.detail,
      };
    case 'refused':
      // Only a submission can be refused; of a question it proves nothing.
      if (isSending) return park('refused_by_invoice_api', answer.detail, attempts);
      break;
    case 'absent':
      // Only a question can be answered so.
      if (from === 'unknown') return afterAbsence(attempts, policy, random);
      // A poll does not decide that it is sent again: it is looked up first.
      if (from === 'submitted') return { state: 'unknown', dueInMs: 0, attempts, detail: LOST };
      break;
    case 'no_answer':
      break;
  }
  return {
    state: inDoubt,
    // As above, the budget keeps to a Retry-After.
    dueInMs: backoff(askFromMs, sameCalls, policy, random),
    attempts,
    ...('detail' in answer && { detail: answer.detail }),
  };
}

const LOST = 'the invoice API does not know it any more';

function afterAbsence(attempts: number, policy: RetryPolicy, random: number): NextStep {
  if (attempts >= policy.maxAttempts) {
    const detail = `not known to the invoice API after ${attempts} submissions`;
    return park('attempts_exhausted', detail, attempts);
  }
  return {
    state: 'packaged',
    dueInMs: backoff(policy.baseDelayMs, attempts - 1, policy, random),
    attempts,
  };
}

/** Parked for these, it is known that the API holds nothing that could still become an accepted invoice. */
const SURELY_NOT_PENDING: readonly (string | undefined)[] = [
  'refused_by_invoice_api',
  'rejected_by_invoice_api',
  'package_unreadable',
] satisfies ParkReason[];

/** Whether a package that is parked for this reason may be put aside without a look-up. */
function isSurelyNotPending(reason: string | undefined): boolean {
  return SURELY_NOT_PENDING.includes(reason);
}

/**
 * Whether a rejection may be the old one: it was told before, and how the submission after that ended is not known. The
 * API may still be working on that one, and accept it.
 */
export function isRejectionInDoubt(
  history: readonly { readonly call: string; readonly answer: string }[],
): boolean {
  const last = history.findLastIndex(({ call }) => call === 'submit');
  const wasRejected = history
    .slice(0, Math.max(last, 0))
    .some(({ answer }) => answer === 'rejected');
  return wasRejected && ['no_answer', 'denied'].includes(history[last]?.answer ?? '');
}

/** Whether the invoice API may still have, or come to have, what is parked for this reason. */
export function mayBePending(
  reason: string | undefined,
  history: Parameters<typeof isRejectionInDoubt>[0],
): boolean {
  return !isSurelyNotPending(reason) || isRejectionInDoubt(history);
}

/**
 * Where a person's wish to try again leads from `parked`; undefined from any other state. What may have been
 * taken after all is looked up first. What was rejected is submitted again under its id: a look-up would
 * only repeat the rejection.
 */
export function afterRetry(state: InvoiceState, reason: string | undefined): NextStep | undefined {
  if (state !== 'parked') return undefined;
  const next = isSurelyNotPending(reason) ? 'packaged' : 'unknown';
  return { state: next, dueInMs: 0, attempts: 0 };
}

/** How many calls of this kind the history ends with. */
export function sameCallsAtEnd(
  history: readonly { readonly call: string }[],
  call: string,
): number {
  const last = history.findLastIndex((entry) => entry.call !== call);
  return history.length - 1 - last;
}

function park(parkReason: ParkReason, detail: string, attempts: number): NextStep {
  return { state: 'parked', dueInMs: 0, attempts, parkReason, detail };
}

function backoff(startMs: number, doublings: number, policy: RetryPolicy, random: number): number {
  const exponent = Math.min(Math.max(doublings, 0), 30);
  const longestMs = Math.max(policy.maxDelayMs, startMs);
  return jittered(Math.min(longestMs, startMs * 2 ** exponent), random);
}

/** Full jitter over the upper half, so that what failed together does not come back together; `random` in [0, 1). */
function jittered(ceilingMs: number, random: number): number {
  return Math.round(ceilingMs * (0.5 + random / 2));
}
