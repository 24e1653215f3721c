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
  /** Charges what can be spent where that is less than the amount, with the quantity in proportion. */
  upTo: z.optional(z.boolean()),
});
export type ChargeBody = z.infer<typeof ChargeBody>;

export const MAX_BATCH_CHARGES = 1_000;

/** Charges of any clients, each decided by itself; those of one client in their order. Each has an id of its own. */
export const ChargeBatch = z.strictObject({
  charges: z
    .array(z.extend(ChargeBody, { id: field.id }))
    .check(z.minLength(1), z.maxLength(MAX_BATCH_CHARGES)),
});

/** Why a charge was not authorized. A refusal changes nothing and is not remembered. */
export const REFUSAL_REASONS = [
  'insufficient_balance',
  'unknown_account',
  'currency_mismatch',
  'account_frozen',
  'account_closed',
] as const;

/** The answer that nothing was charged or held, for one of these reasons. */
export function refused<const Reasons extends readonly [string, ...string[]]>(reasons: Reasons) {
  return z.strictObject({
    id: z.string(),
    client: z.string(),
    isAuthorized: z.literal(false),
    reason: z.enum(reasons),
  });
}

export const ChargeAnswer = z.discriminatedUnion('isAuthorized', [
  z.strictObject({
    id: z.string(),
    client: z.string(),
    isAuthorized: z.literal(true),
    amount: z.string(),
    /** What was asked for and the quantity that was granted, of a charge up to an amount. */
    requestedAmount: z.optional(z.string()),
    quantity: z.optional(z.string()),
    currency: z.string(),
    balance: z.string(),
    recordedAt: z.string(),
  }),
  refused(REFUSAL_REASONS),
]);
export type ChargeAnswer = z.infer<typeof ChargeAnswer>;

const ItemProblem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  code: z.string(),
  detail: z.string(),
});

/** For each charge of a batch, in its order, the answer that it would have got alone. */
export const ChargeBatchAnswer = z.strictObject({
  answers: z.array(
    z.union([
      ChargeAnswer,
      z.strictObject({ id: z.string(), client: z.string(), problem: ItemProblem }),
    ]),
  ),
});
export type ChargeBatchAnswer = z.infer<typeof ChargeBatchAnswer>;
