import * as z from 'zod/mini';
import * as field from './fields.ts';

export const ChargeBody = z.strictObject({
  id: z.optional(field.id),
  client: field.client,
  amount: field.amount,
  currency: field.currency,
  meter: field.meter,
  quantity: field.quantity,
  occurredAt: z.optional(field.time),
});
export type ChargeBody = z.infer<typeof ChargeBody>;

/** Why a charge was not authorized. A refusal changes nothing and is not remembered. */
export const REFUSAL_REASONS = [
  'insufficient_balance',
  'unknown_account',
  'currency_mismatch',
] as const;

export const ChargeAnswer = z.discriminatedUnion('isAuthorized', [
  z.strictObject({
    id: z.string(),
    client: z.string(),
    isAuthorized: z.literal(true),
    amount: z.string(),
    currency: z.string(),
    balance: z.string(),
    recordedAt: z.string(),
  }),
  z.strictObject({
    id: z.string(),
    client: z.string(),
    isAuthorized: z.literal(false),
    reason: z.enum(REFUSAL_REASONS),
  }),
]);
export type ChargeAnswer = z.infer<typeof ChargeAnswer>;
