import * as z from 'zod/mini';
import { ACCOUNT_STATUSES } from '#shared/domain/ledger-event.ts';

const AccountSide = z.strictObject({
  currency: z.string(),
  balance: z.string(),
  held: z.string(),
  creditLimit: z.string(),
  status: z.enum(ACCOUNT_STATUSES),
  /** How many are active. */
  holds: z.number(),
});
export type AccountSide = z.infer<typeof AccountSide>;

const REBUILD_PROBLEMS = [
  'events_missing',
  'not_in_store',
  'account_differs',
  'holds_differ',
] as const;

const counts = { accounts: z.number(), holds: z.number() };

/** What the ledger says of a shard, what the store had to be given of it, and where they differ. */
export const RebuildAnswer = z.strictObject({
  shard: z.number(),
  shards: z.number(),
  /** `rebuilt`: the shard has everything again. `incomplete`: but for the accounts below, of which events are missing. */
  outcome: z.enum(['rebuilt', 'incomplete', 'compared']),
  ledger: z.strictObject({ events: z.number(), ...counts }),
  /** What was not there; nothing where the shard was complete. */
  restored: z.strictObject({ ...counts, receipts: z.number() }),
  /** On their way from the store to the ledger. Of all shards, but for the entries. */
  onTheirWay: z.strictObject({
    outboxEntries: z.number(),
    queuedBatches: z.number(),
    deadLetters: z.number(),
  }),
  differing: z.number(),
  /** The first of them. */
  differences: z.array(
    z.strictObject({
      client: z.string(),
      problem: z.enum(REBUILD_PROBLEMS),
      ledger: AccountSide,
      store: z.optional(AccountSide),
    }),
  ),
});
export type RebuildAnswer = z.infer<typeof RebuildAnswer>;
export type RebuildDifference = RebuildAnswer['differences'][number];
