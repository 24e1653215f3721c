import * as z from 'zod/mini';
import { ACCOUNT_STATUSES } from '#shared/domain/ledger-event.ts';

const KINDS = [
  'opening',
  'top_up',
  'adjustment',
  'charge',
  'reversal',
  'hold',
  'capture',
  'release',
  'expiry',
  'extension',
  'terms',
] as const;

/** One change of an account. What has no meaning for its kind is left out. */
export const Entry = z.strictObject({
  kind: z.enum(KINDS),
  id: z.string(),
  /** What was charged, added, given back or held. */
  amount: z.string(),
  /** What that did to the balance. */
  change: z.string(),
  currency: z.string(),
  /** The balance right after it. */
  balance: z.string(),
  /** What all active holds keep back right after it. */
  held: z.optional(z.string()),
  occurredAt: z.string(),
  recordedAt: z.string(),
  meter: z.optional(z.string()),
  quantity: z.optional(z.string()),
  day: z.optional(z.string()),
  /** What a reversal gave back, and how much of it so far. */
  charge: z.optional(z.strictObject({ id: z.string(), kind: z.enum(['charge', 'capture']) })),
  reversed: z.optional(z.string()),
  /** The hold that was captured, released or extended, or that expired. */
  hold: z.optional(z.string()),
  /** What a last capture gave back of its hold. */
  released: z.optional(z.string()),
  expiresAt: z.optional(z.string()),
  status: z.optional(z.enum(ACCOUNT_STATUSES)),
  creditLimit: z.optional(z.string()),
});
export type Entry = z.infer<typeof Entry>;

/** Newest first. Without `nextCursor` it is the last page. */
export const EntryPage = z.strictObject({
  entries: z.array(Entry),
  nextCursor: z.optional(z.string()),
});
export type EntryPage = z.infer<typeof EntryPage>;
