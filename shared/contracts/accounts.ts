import * as z from 'zod/mini';
import * as field from './fields.ts';

export const OpenAccountBody = z.strictObject({
  client: field.client,
  currency: field.currency,
  openingBalance: z.optional(field.amount),
});

export const TopUpBody = z.strictObject({
  id: z.optional(field.id),
  amount: field.positiveAmount,
  currency: field.currency,
});

export const AdjustmentBody = z.strictObject({
  id: z.optional(field.id),
  amount: field.signedAmount,
  currency: field.currency,
});

export const Account = z.strictObject({
  client: field.client,
  currency: z.string(),
  balance: z.string(),
  available: z.string(),
});
export type Account = z.infer<typeof Account>;

/** The answer to a top-up or an adjustment. */
export const BalanceChange = z.strictObject({
  id: z.string(),
  client: z.string(),
  amount: z.string(),
  currency: z.string(),
  balance: z.string(),
  recordedAt: z.string(),
});
export type BalanceChange = z.infer<typeof BalanceChange>;
