import type { DailyUsage } from '#shared/contracts/daily-usage.ts';
import type { HalfMonth } from '#shared/domain/billing-period.ts';
import { formatAmount, formatMicros } from '#shared/domain/money.ts';
import { readDailyRecords, type UsageStore } from './usage-store.ts';

/** What a client used on each day of a half month, as far as it has been rolled up. Of a client that nobody knows: nothing. */
export async function readDailyUsage(
  store: UsageStore,
  client: string,
  period: HalfMonth,
): Promise<DailyUsage> {
  const records = await Array.fromAsync(readDailyRecords(store, client, period));
  return {
    client,
    period,
    days: records.map(({ day, meter, source, currency, events, quantityMicros, amountMicros }) => ({
      ...{ day, meter, source, currency, events },
      quantity: formatMicros(quantityMicros),
      amount: formatAmount(amountMicros),
    })),
  };
}
