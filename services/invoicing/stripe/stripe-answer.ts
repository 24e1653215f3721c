import Stripe from 'stripe';
import type { Answer } from '#shared/domain/invoice.ts';
import { MAX_RETRY_AFTER_MS } from '../invoice-api-client.ts';

const { errors } = Stripe;

const MAX_DETAIL = 300;
const DEFAULT_RETRY_AFTER_MS = 1_000;

/** What is thrown to end a call with an answer. */
export class AnsweredEarly extends Error {
  readonly answer: Answer;

  constructor(answer: Answer) {
    super(answer.type);
    this.answer = answer;
  }
}

export function refused(detail: string): AnsweredEarly {
  return new AnsweredEarly({ type: 'refused', detail: bounded(detail) });
}

export function noAnswer(detail: string): AnsweredEarly {
  return new AnsweredEarly({ type: 'no_answer', detail: bounded(detail) });
}

/** What the failure of a request means for an invoice. */
export function answerAfter(error: unknown): Answer {
  if (error instanceof AnsweredEarly) return error.answer;
  const detail = describe(error);
  if (error instanceof errors.StripeRateLimitError) {
    return { type: 'throttled', retryAfterMs: readRetryAfter(error) ?? DEFAULT_RETRY_AFTER_MS };
  }
  if (
    error instanceof errors.StripeAuthenticationError ||
    error instanceof errors.StripePermissionError
  ) {
    return { type: 'denied', detail };
  }
  if (error instanceof errors.StripeIdempotencyError) {
    return {
      type: 'refused',
      detail: bounded(
        `something else was sent under the key of this step: delete the draft at Stripe, or wait a day, and retry (${detail})`,
      ),
    };
  }
  if (error instanceof errors.StripeInvalidRequestError) return { type: 'refused', detail };
  const retryAfterMs = readRetryAfter(error);
  return { type: 'no_answer', detail, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

/** Whether Stripe repeats what it answered an earlier request of the same key. By fetch the headers are no plain object, whatever their type says. */
export function isReplayed(headers: Record<string, string> | undefined): boolean {
  return new Headers(headers).get('idempotent-replayed') === 'true';
}

/** A failure on the side of Stripe that it keeps for the key, so that the same key will not get beyond it. */
export function isKeptFailure(error: unknown): boolean {
  return (
    error instanceof errors.StripeError &&
    (error.statusCode ?? 0) >= 500 &&
    isReplayed(error.headers)
  );
}

export function isMissing(error: unknown): boolean {
  return error instanceof errors.StripeInvalidRequestError && error.statusCode === 404;
}

/** Whether Stripe has turned a request down for what it says. */
export function isTurnedDown(error: unknown): boolean {
  return (
    error instanceof errors.StripeInvalidRequestError ||
    error instanceof errors.StripeIdempotencyError
  );
}

function readRetryAfter(error: unknown): number | undefined {
  if (!(error instanceof errors.StripeError)) return undefined;
  const text = error.headers?.['retry-after'];
  if (text === undefined || !/^\d+(\.\d+)?$/.test(text)) return undefined;
  return Math.min(Number(text) * 1_000, MAX_RETRY_AFTER_MS);
}

function describe(error: unknown): string {
  if (!(error instanceof errors.StripeError)) return bounded((error as Error).message);
  const { statusCode, code, message } = error;
  return bounded([statusCode, code, message].filter((part) => part).join(': '));
}

function bounded(text: string): string {
  return text.length <= MAX_DETAIL ? text : `${text.slice(0, MAX_DETAIL - 1)}…`;
}
