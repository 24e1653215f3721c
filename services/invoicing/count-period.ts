import type { HalfMonth } from '#shared/domain/billing-period.ts';
import type { InvoiceProgress } from '#shared/domain/forecast.ts';
import { formatAmount } from '#shared/domain/money.ts';
import type { InvoiceIndex, PeriodEntry } from './invoice-index.ts';

/** The invoices of a half month, counted. Amounts by state and currency. */
export interface PeriodCount {
  readonly byState: Readonly<Record<string, number>>;
  readonly amountByState: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** What the forecast goes by. */
  readonly invoices: readonly InvoiceProgress[];
}

export async function countPeriod(index: InvoiceIndex, period: HalfMonth): Promise<PeriodCount> {
  const entries = await index.entriesOfPeriod(period);
  const states = [...Map.groupBy(entries, ({ state }) => state)];
  return {
    byState: Object.fromEntries(states.map(([state, ofState]) => [state, ofState.length])),
    amountByState: Object.fromEntries(states.map(([state, ofState]) => [state, amounts(ofState)])),
    invoices: entries.map(({ state, calls, submittedAtMs, dueAtMs }) => ({
      state,
      calls: Number(calls),
      ...(submittedAtMs !== undefined && { submittedAtMs: Number(submittedAtMs) }),
      dueAtMs: Number(dueAtMs),
    })),
  };
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
