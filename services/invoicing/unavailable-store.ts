import { orTryAgain, type ProblemError } from '#shared/platform/problem-error.ts';
import type { InvoiceStore } from './invoice-store.ts';

/** The store for those who wait for an answer: what DynamoDB fails to do becomes a 503 that tells the caller to come back. */
export function orUnavailable(store: InvoiceStore): InvoiceStore {
  return {
    get: (...args) => answered(store.get(...args)),
    oldest: (...args) => answered(store.oldest(...args)),
    change: (...args) => answered(store.change(...args)),
    keysOf: (...args) => answered(store.keysOf(...args)),
    headsOf: (...args) => answered(store.headsOf(...args)),
    headsOfClient: (...args) => answered(store.headsOfClient(...args)),
  };
}

const DETAIL = 'The invoices could not be reached in time. Send the same request again.';

function answered<T>(work: Promise<T>): Promise<T> {
  return orTryAgain(work, DETAIL).catch((problem: ProblemError) => {
    // Coming back would not help: the request itself was wrong.
    throw isRefusedInput(problem.cause) ? problem.cause : problem;
  });
}

/** DynamoDB understood and does not take what it was given, such as a place to start a query from. */
export function isRefusedInput(error: unknown): boolean {
  return (error as Error | undefined)?.name === 'ValidationException';
}
