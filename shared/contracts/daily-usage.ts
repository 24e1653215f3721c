import * as z from 'zod/mini';

/** What a client used on each day of a half month. */
export const DailyUsage = z.strictObject({
  client: z.string(),
  period: z.string(),
  days: z.array(
    z.strictObject({
      day: z.string(),
      meter: z.string(),
      source: z.enum(['prepaid', 'postpaid', 'reversal']),
      currency: z.string(),
      events: z.number(),
      quantity: z.string(),
      amount: z.string(),
    }),
  ),
});
export type DailyUsage = z.infer<typeof DailyUsage>;

/** The price list in force; nothing where none was loaded. */
export const PriceListAnswer = z.strictObject({
  prices: z.array(
    z.strictObject({
      /** `*`: of every meter that is not listed. */
      meter: z.string(),
      currency: z.string(),
      /** For so much of the meter. */
      amount: z.string(),
      per: z.string(),
    }),
  ),
});
export type PriceListAnswer = z.infer<typeof PriceListAnswer>;
