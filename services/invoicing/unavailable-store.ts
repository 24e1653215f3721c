import { orTryAgain, type ProblemError } from '#shared/platform/problem-error.ts';
import type { InvoiceIndex } from './invoice-index.ts';
import type { InvoiceStore } from './invoice-store.ts';

/** The store for those who wait for an answer: what DynamoDB fails to do becomes a 503 that tells the caller to come back. */
export function orUnavailable(store: InvoiceStore): InvoiceStore {
  return {
    get: (...args) => answered(store.get(...args)),
    linesOf: (...args) => answered(store.linesOf(...args)),
    dueIn: (...args) => answered(store.dueIn(...args)),
    change: (...args) => answered(store.change(...args)),
  };
}

/** The same for lists. */
export function indexOrUnavailable(index: InvoiceIndex): InvoiceIndex {
  return {
    entries: (...args) => eachAnswered(index.entries(...args)),
    entriesOfPeriod: (...args) => answered(index.entriesOfPeriod(...args)),
    headsOf: (...args) => answered(index.headsOf(...args)),
    headsOfClient: (...args) => answered(index.headsOfClient(...args)),
  };
}

const DETAIL = 'The invoices could not be reached in time. Send the same request again.';

function answered<T>(work: Promise<T>): Promise<T> {
  return orTryAgain(work, DETAIL).catch((problem: ProblemError) => {
    // Coming back would not help: the request itself was wrong.
    throw isRefusedInput(problem.cause) ? problem.cause : problem;
  });
}

async function* eachAnswered<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  for (;;) {
    const next = await answered(iterator.next());
    if (next.done) return;
    yield next.value;
  }
}

/** DynamoDB understood and does not take what it was given. */
function isRefusedInput(error: unknown): boolean {
  return (error as Error | undefined)?.name === 'ValidationException';
}
