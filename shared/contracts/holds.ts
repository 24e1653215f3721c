import * as z from 'zod/mini';
import { REFUSAL_REASONS, refused } from './charges.ts';
import * as field from './fields.ts';

const MAX_HOLD_SECONDS = 30 * 86_400;
const DEFAULT_HOLD_SECONDS = 3_600;

const seconds = z.int().check(z.gte(1), z.lte(MAX_HOLD_SECONDS));

/** Keeps an amount back, so that captures of it cannot be refused for want of balance. */
export const HoldBody = z.strictObject({
  id: z.optional(field.id),
  client: field.client,
  amount: field.positiveAmount,
  currency: field.currency,
  expiresInSeconds: z._default(seconds, DEFAULT_HOLD_SECONDS),
});
export type HoldBody = z.infer<typeof HoldBody>;

/** Charges (part of) a hold. */
export const CaptureBody = z.strictObject({
  id: z.optional(field.id),
  client: field.client,
  hold: field.id,
  amount: field.amount,
  currency: field.currency,
  meter: field.meter,
  quantity: field.quantity,
  occurredAt: z.optional(field.time),
  /** Takes what is left of the hold where that is less, with the quantity in proportion. */
  upTo: z._default(z.boolean(), false),
  /** Gives back what the hold keeps beyond this capture; false where more captures will come. */
  isFinal: z._default(z.boolean(), true),
});
export type CaptureBody = z.infer<typeof CaptureBody>;

export const ReleaseBody = z.strictObject({
  id: z.optional(field.id),
  client: field.client,
  hold: field.id,
});
export type ReleaseBody = z.infer<typeof ReleaseBody>;

export const ExtensionBody = z.strictObject({
  id: z.optional(field.id),
  client: field.client,
  hold: field.id,
  expiresInSeconds: seconds,
});
export type ExtensionBody = z.infer<typeof ExtensionBody>;

const afterHold = {
  balance: z.string(),
  held: z.string(),
  available: z.string(),
  recordedAt: z.string(),
};

export const HoldAnswer = z.discriminatedUnion('isAuthorized', [
  z.strictObject({
    id: z.string(),
    client: z.string(),
    isAuthorized: z.literal(true),
    amount: z.string(),
    currency: z.string(),
    expiresAt: z.string(),
    ...afterHold,
  }),
  refused(REFUSAL_REASONS),
]);
export type HoldAnswer = z.infer<typeof HoldAnswer>;

/** Why a capture took nothing. */
export const CAPTURE_REFUSALS = [
  'unknown_hold',
  'insufficient_hold',
  'unknown_account',
  'currency_mismatch',
  'account_closed',
] as const;

export const CaptureAnswer = z.discriminatedUnion('isAuthorized', [
  z.strictObject({
    id: z.string(),
    client: z.string(),
    hold: z.string(),
    isAuthorized: z.literal(true),
    amount: z.string(),
    /** What was asked for and the quantity that was taken, of a capture up to an amount. */
    requestedAmount: z.optional(z.string()),
    quantity: z.optional(z.string()),
    /** What the hold still keeps back. */
    left: z.string(),
    currency: z.string(),
    ...afterHold,
  }),
  refused(CAPTURE_REFUSALS),
]);
export type CaptureAnswer = z.infer<typeof CaptureAnswer>;

/** The answer to a release: what was given back. */
export const ReleaseAnswer = z.strictObject({
  id: z.string(),
  client: z.string(),
  hold: z.string(),
  amount: z.string(),
  ...afterHold,
});
export type ReleaseAnswer = z.infer<typeof ReleaseAnswer>;

export const ExtensionAnswer = z.strictObject({
  id: z.string(),
  client: z.string(),
  hold: z.string(),
  expiresAt: z.string(),
  ...afterHold,
});
export type ExtensionAnswer = z.infer<typeof ExtensionAnswer>;

/** The active holds of an account, the one that expires first first. */
export const HoldList = z.strictObject({
  holds: z.array(z.strictObject({ id: z.string(), left: z.string(), expiresAt: z.string() })),
});
export type HoldList = z.infer<typeof HoldList>;
