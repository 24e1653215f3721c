import * as z from 'zod/mini';
import { ACCOUNT_STATUSES } from '#shared/domain/ledger-event.ts';
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

/** What is left out stays as it is. */
export const TermsBody = z
  .strictObject({
    status: z.optional(z.enum(ACCOUNT_STATUSES)),
    creditLimit: z.optional(field.amount),
  })
  .check(
    z.refine((terms) => terms.status !== undefined || terms.creditLimit !== undefined, {
      error: 'must have a status or a creditLimit',
    }),
  );

/** `available` is the balance less what active holds keep back; the credit limit can be spent beyond it. */
export const Account = z.strictObject({
  client: field.client,
  currency: z.string(),
  balance: z.string(),
  held: z.string(),
  available: z.string(),
  creditLimit: z.string(),
  status: z.enum(ACCOUNT_STATUSES),
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
