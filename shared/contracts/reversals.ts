import * as z from 'zod/mini';
import * as field from './fields.ts';

/** Gives back a charge or a capture: an amount of it, or all that is left. */
export const ReversalBody = z.strictObject({
  id: z.optional(field.id),
  charge: z.strictObject({
    id: field.id,
    kind: z._default(z.enum(['charge', 'capture']), 'charge'),
    /** As its answer said; where its id is a ULID or a UUIDv7, that tells the time too. */
    recordedAt: z.optional(field.time),
  }),
  amount: z.optional(field.positiveAmount),
  /** Where it is given, it must be that of the charge. */
  currency: z.optional(field.currency),
});
export type ReversalBody = z.infer<typeof ReversalBody>;

export const Reversal = z.strictObject({
  id: z.string(),
  client: z.string(),
  charge: z.strictObject({ id: z.string(), kind: z.enum(['charge', 'capture']) }),
  amount: z.string(),
  /** All that was given back of the charge so far, with this. */
  reversed: z.string(),
  /** What this takes off the quantity that the charge metered. */
  quantity: z.string(),
  currency: z.string(),
  balance: z.string(),
  recordedAt: z.string(),
});
export type Reversal = z.infer<typeof Reversal>;
