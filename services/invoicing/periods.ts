import { readPeriods, type UsageStore } from '#services/aggregation/public.ts';
import { partitionsOf } from '#services/packaging/public.ts';
import type { HalfMonth } from '#shared/domain/billing-period.ts';
import type { InvoiceIndex } from './invoice-index.ts';

/** Half months that ever had usage, the latest first. */
export async function listPeriods(usage: UsageStore): Promise<HalfMonth[]> {
  return (await readPeriods(usage)).toReversed();
}

/** So many of the latest are looked at for invoices. */
const MAX_LOOKED_AT = 4;

/** The latest half month that has invoices, or the latest at all; undefined before there is any. */
export async function latestPeriod(
  index: InvoiceIndex,
  periods: readonly HalfMonth[],
): Promise<HalfMonth | undefined> {
  for (const period of periods.slice(0, MAX_LOOKED_AT)) {
    if (await hasInvoices(index, period)) return period;
  }
  return periods[0];
}

async function hasInvoices(index: InvoiceIndex, period: HalfMonth): Promise<boolean> {
  const found = await Promise.all(
    partitionsOf(period).map(async (partition) => {
      const range = { index: 'by-period', partition, direction: 'forward' } as const;
      for await (const _ of index.entries(range, 1)) return true;
      return false;
    }),
  );
  return found.includes(true);
}
