import type { HalfMonth } from '#shared/domain/billing-period.ts';
import type { InvoiceProgress } from '#shared/domain/forecast.ts';
import { formatAmount } from '#shared/domain/money.ts';
import type { InvoiceIndex, PeriodEntry } from './invoice-index.ts';

type Counts = Readonly<Record<string, number>>;
/** Decimal strings by currency, for each of something. */
type Amounts = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The invoices of a half month, counted. Amounts by state and currency. */
export interface PeriodCount {
  readonly byState: Counts;
  readonly amountByState: Amounts;
  /** Of the parked ones. What was rejected is told apart by it. */
  readonly parkedByReason: Counts;
  readonly parkedAmountByReason: Amounts;
  /** What the forecast goes by. */
  readonly invoices: readonly InvoiceProgress[];
}

export async function countPeriod(index: InvoiceIndex, period: HalfMonth): Promise<PeriodCount> {
  const entries = await index.entriesOfPeriod(period);
  const states = Map.groupBy(entries, ({ state }) => state);
  const reasons = Map.groupBy(states.get('parked') ?? [], ({ reason }) => reason ?? 'unknown');
  return {
    byState: countsOf(states),
    amountByState: amountsOf(states),
    parkedByReason: countsOf(reasons),
    parkedAmountByReason: amountsOf(reasons),
    invoices: entries.map(({ state, calls, polls, begunAtMs, dueAtMs, updatedAtMs }) => ({
      state,
      calls: Number(calls),
      polls: Number(polls),
      ...(begunAtMs !== undefined && { begunAtMs: Number(begunAtMs) }),
      dueAtMs: Number(dueAtMs),
      updatedAtMs: Number(updatedAtMs),
    })),
  };
}

type Groups = ReadonlyMap<string, readonly PeriodEntry[]>;

function countsOf(groups: Groups): Counts {
  return Object.fromEntries([...groups].map(([name, entries]) => [name, entries.length]));
}

function amountsOf(groups: Groups): Amounts {
  return Object.fromEntries([...groups].map(([name, entries]) => [name, amounts(entries)]));
}

function amounts(entries: readonly PeriodEntry[]): Record<string, string> {
  const byCurrency = new Map<string, bigint>();
  for (const { currency, totalMicros } of entries) {
    byCurrency.set(currency, (byCurrency.get(currency) ?? 0n) + totalMicros);
  }
  return Object.fromEntries(
    [...byCurrency].sort().map(([currency, micros]) => [currency, formatAmount(micros)]),
  );
}
