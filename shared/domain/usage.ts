import type { Day } from './billing-period.ts';
import { isMetered, type LedgerEvent, type MeteredEvent } from './ledger-event.ts';

/**
 * Who pays when: `prepaid` was debited from a balance already, `postpaid` is to be collected by the invoice,
 * `reversal` was given back to a balance, so that its sums are below zero.
 */
export type Source = 'prepaid' | 'postpaid' | 'reversal';

/** Whether a balance has paid it, or was given it back, before any invoice. */
export function isPaidAhead({ source }: { readonly source: Source }): boolean {
  return source !== 'postpaid';
}

/** What is summed separately: everything an invoice line tells apart. */
export interface UsageKey {
  readonly client: string;
  readonly day: Day;
  readonly meter: string;
  readonly currency: string;
  readonly source: Source;
}

export interface UsageSum extends UsageKey {
  readonly events: number;
  readonly quantityMicros: bigint;
  readonly amountMicros: bigint;
}

/** How far the tree over the events behind a sum had grown, and its root then. Its leaves are in the same places in every later one. */
export interface TreeHead {
  readonly size: number;
  readonly root: string;
}

/** The fold of a day, with the head of the tree of its events where there is one. */
export type DailyRecord = UsageSum & { readonly tree?: TreeHead };

/** One text per key; `#` occurs in none of its parts. */
export function usageKeyOf(key: UsageKey): string {
  return `${key.client}#${key.day}#${key.meter}#${key.currency}#${key.source}`;
}

/**
 * Adds sums of equal key, to those in `folded` if given. The order of the input does not matter, so any
 * split of the same sums folds to the same result.
 */
export function foldUsage(
  sums: Iterable<UsageSum>,
  folded = new Map<string, UsageSum>(),
): Map<string, UsageSum> {
  for (const sum of sums) {
    const key = usageKeyOf(sum);
    const before = folded.get(key);
    folded.set(key, before ? addUsage(before, sum) : sum);
  }
  return folded;
}

function addUsage(a: UsageSum, b: UsageSum): UsageSum {
  return {
    ...a,
    events: a.events + b.events,
    quantityMicros: a.quantityMicros + b.quantityMicros,
    amountMicros: a.amountMicros + b.amountMicros,
  };
}

const SOURCES = {
  charge: 'prepaid',
  capture: 'prepaid',
  reversal: 'reversal',
  usage: 'postpaid',
} as const satisfies Record<MeteredEvent['kind'], Source>;

/** What each metered event counts for: a reversal takes off, what is not metered counts for nothing. */
export function* usageOf(events: Iterable<LedgerEvent>): Generator<UsageSum> {
  for (const event of events) {
    if (!isMetered(event)) continue;
    const sign = event.kind === 'reversal' ? -1n : 1n;
    yield {
      client: event.client,
      day: event.day,
      meter: event.meter,
      currency: event.currency,
      source: SOURCES[event.kind],
      events: 1,
      quantityMicros: sign * event.quantityMicros,
      amountMicros: sign * event.amountMicros,
    };
  }
}
