import { isDeepStrictEqual } from 'node:util';
import type { InvoiceStatus } from '#shared/contracts/invoice-api.ts';
import { formatAmount } from '#shared/domain/money.ts';
import type { Fault } from './faults.ts';
import type { Submission } from './submission.ts';

interface Booking {
  readonly submission: Submission;
  readonly bookedAtMs: number;
  decidedAtMs: number;
  /** Why it is turned down at `decidedAtMs`; accepted then where there is none. */
  rejection: string | undefined;
}

export interface Decision {
  readonly decidedAtMs: number;
  readonly rejection: string | undefined;
}

const COUNTERS = {
  /** All requests to /invoices, answered or not. */
  requests: 0,
  submissions: 0,
  lookUps: 0,
  /** Over the limit, and answered 429. */
  overLimit: 0,
  throttled: 0,
  /** Bodies that break the contract, and keys that do not belong to their bodies. */
  refused: 0,
  /** The same id and body again: answered as the first time. */
  repeatedSubmissions: 0,
  /** A rejected invoice submitted again: looked at again. */
  reconsidered: 0,
  /** The same id with another body: 409. */
  conflictingSubmissions: 0,
  /** Another invoice for a client, period and revision that has one: booked, since a legacy system would; must stay 0. */
  secondInvoices: 0,
};

const FAULTS: Record<Fault, number> = {
  serverErrorBeforeAccepting: 0,
  timeoutBeforeAccepting: 0,
  serverErrorAfterAccepting: 0,
  timeoutAfterAccepting: 0,
  lost: 0,
  lookUpServerError: 0,
  lookUpTimeout: 0,
};

const STATUSES = ['processing', 'accepted', 'rejected'] as const;

/** The simulated system's own account of what it has been sent. In memory; times are given by the caller. */
export class Books {
  readonly counters = { ...COUNTERS };
  readonly faults = { ...FAULTS };
  readonly #bookings = new Map<string, Booking>();
  readonly #inOrder: Booking[] = [];
  readonly #idsByPackage = new Map<string, string>();
  readonly #requestNumbers = new Map<string, number>();

  /** 1 for the first request of a kind for an id, and so on. */
  nextNumber(kind: 'submission' | 'lookUp', id: string): number {
    const key = `${kind} ${id}`;
    const number = (this.#requestNumbers.get(key) ?? 0) + 1;
    this.#requestNumbers.set(key, number);
    return number;
  }

  /** Whether the id of this submission is booked with another body. */
  isConflicting(submission: Submission): boolean {
    const booking = this.#bookings.get(submission.id);
    return booking !== undefined && !isDeepStrictEqual(booking.submission, submission);
  }

  /** Books a new submission; a repeated one only where it had been rejected, to be looked at again. */
  book(submission: Submission, nowMs: number, decide: () => Decision): void {
    const booking = this.#bookings.get(submission.id);
    if (booking) {
      if (statusOf(booking, nowMs) !== 'rejected') {
        this.counters.repeatedSubmissions += 1;
      } else {
        this.counters.reconsidered += 1;
        Object.assign(booking, decide());
      }
      return;
    }
    if (this.#idsByPackage.has(packageOf(submission))) this.counters.secondInvoices += 1;
    const added: Booking = { submission, bookedAtMs: nowMs, ...decide() };
    this.#bookings.set(submission.id, added);
    this.#inOrder.push(added);
    this.#idsByPackage.set(packageOf(submission), submission.id);
  }

  find(id: string, nowMs: number): InvoiceStatus | undefined {
    const booking = this.#bookings.get(id);
    return booking && { id, ...outcomeOf(booking, nowMs) };
  }

  /** Totals per currency and status. Amounts are decimal strings in the major unit. */
  summary(nowMs: number) {
    const byCurrency = Map.groupBy(this.#inOrder, ({ submission }) => submission.currency);
    const totals = (bookings: readonly Booking[]) => ({
      invoices: bookings.length,
      amount: formatAmount(
        bookings.reduce((sum, { submission }) => sum + submission.totalMicros, 0n),
      ),
    });
    const counts = Map.groupBy(this.#inOrder, (booking) => statusOf(booking, nowMs));
    return {
      currencies: Object.fromEntries(
        [...byCurrency].sort().map(([currency, bookings]) => {
          const byStatus = Map.groupBy(bookings, (booking) => statusOf(booking, nowMs));
          const statuses = STATUSES.map((status) => [status, totals(byStatus.get(status) ?? [])]);
          return [currency, { booked: totals(bookings), ...Object.fromEntries(statuses) }];
        }),
      ),
      counters: {
        ...this.counters,
        lost: this.faults.lost,
        booked: this.#inOrder.length,
        processing: counts.get('processing')?.length ?? 0,
        accepted: counts.get('accepted')?.length ?? 0,
        rejected: counts.get('rejected')?.length ?? 0,
      },
      faults: this.faults,
    };
  }

  /** Bookings in their order, from the one after the first `after`; `next` is absent on the last page. */
  page(after: number, limit: number, nowMs: number) {
    const end = after + limit;
    const invoices = this.#inOrder.slice(after, end).map((booking) => {
      const { totalMicros: _, ...submission } = booking.submission;
      return {
        ...submission,
        ...outcomeOf(booking, nowMs),
        bookedAt: new Date(booking.bookedAtMs).toISOString(),
      };
    });
    return { invoices, ...(end < this.#inOrder.length ? { next: String(end) } : {}) };
  }
}

function packageOf({ client, period, revision }: Submission): string {
  return JSON.stringify([client, period, revision]);
}

function statusOf({ decidedAtMs, rejection }: Booking, nowMs: number): InvoiceStatus['status'] {
  if (nowMs < decidedAtMs) return 'processing';
  return rejection === undefined ? 'accepted' : 'rejected';
}

function outcomeOf(booking: Booking, nowMs: number): Omit<InvoiceStatus, 'id'> {
  const status = statusOf(booking, nowMs);
  return status === 'rejected' && booking.rejection !== undefined
    ? { status, reason: booking.rejection }
    : { status };
}
