import * as z from 'zod/mini';
import { InvoiceSubmission } from '#shared/contracts/invoice-api.ts';
import type { Rule } from './rules.ts';

const Booked = z.extend(InvoiceSubmission, {
  status: z.enum(['processing', 'accepted', 'rejected']),
  reason: z.optional(z.string()),
  bookedAt: z.string(),
});
const BooksPage = z.object({ invoices: z.array(Booked), next: z.optional(z.string()) });
const Books = z.object({ counters: z.record(z.string(), z.number()) });
const Met = z.array(z.object({ met: z.number() }));

/** An invoice as the simulator has booked it: what was submitted, and what became of it. */
export interface Booking {
  readonly submission: InvoiceSubmission;
  readonly status: 'processing' | 'accepted' | 'rejected';
}

/** A simulator that runs, by its routes for those who test and measure with it. */
export interface Simulator {
  /** Empties its books, and takes all settings and rules back. */
  reset(): Promise<void>;
  /** Changes these settings, down to single shares. */
  configure(settings: object): Promise<void>;
  /** Replaces all rules. */
  rule(rules: readonly Partial<Rule>[]): Promise<void>;
  /** How many requests have met each of the rules in force. */
  met(): Promise<number[]>;
  counters(): Promise<Record<string, number>>;
  bookings(): Promise<Booking[]>;
}

export function connectSimulator(url: string): Simulator {
  async function ask(path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${url}${path}`, {
      ...(body !== undefined && {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  return {
    async reset() {
      await ask('/control/reset', {});
    },
    async configure(settings) {
      await ask('/control/settings', settings);
    },
    async rule(rules) {
      await ask('/control/rules', rules);
    },
    met: async () => Met.parse(await ask('/control/rules')).map(({ met }) => met),
    counters: async () => Books.parse(await ask('/books')).counters,
    async bookings() {
      const bookings: Booking[] = [];
      for (let after: string | undefined = '0'; after !== undefined; ) {
        const page = BooksPage.parse(await ask(`/books/invoices?limit=1000&after=${after}`));
        for (const { status, reason: _, bookedAt: __, ...submission } of page.invoices) {
          bookings.push({ submission, status });
        }
        after = page.next;
      }
      return bookings;
    },
  };
}
