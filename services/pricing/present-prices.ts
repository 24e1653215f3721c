import type { PriceListAnswer } from '#shared/contracts/daily-usage.ts';
import { formatAmount, formatMicros } from '#shared/domain/money.ts';
import type { PriceList } from '#shared/domain/price.ts';

/** In the order of their meters. */
export function presentPrices(list: PriceList): PriceListAnswer {
  const prices = [...list].map(([meter, { currency, amountMicros, perQuantityMicros }]) => ({
    meter,
    currency,
    amount: formatAmount(amountMicros),
    per: formatMicros(perQuantityMicros),
  }));
  return { prices: prices.sort((a, b) => (a.meter < b.meter ? -1 : 1)) };
}
