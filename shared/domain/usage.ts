import type { Day } from './billing-period.ts';
import { isMetered, type LedgerEvent } from './ledger-event.ts';

/** Who pays when: `prepaid` was debited from a balance already, `postpaid` is to be collected by the invoice. */
export type Source = 'prepaid' | 'postpaid';

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
      source: event.kind === 'usage' ? 'postpaid' : 'prepaid',
      events: 1,
      quantityMicros: sign * event.quantityMicros,
      amountMicros: sign * event.amountMicros,
    };
  }
}
