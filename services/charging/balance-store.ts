import DataLoader from 'dataloader';
import {
  encodeHead,
  MAX_DECIDED_BYTES,
  type UnrecordedEvent,
} from '#shared/contracts/outbox-entry.ts';
import { timeInId } from '#shared/domain/charge-id.ts';
import { shardOf } from '#shared/domain/shard.ts';
import { luaScript } from '#shared/platform/lua.ts';
import { MAX_ENTRY_BYTES } from '#shared/platform/outbox.ts';
import type { ProblemError } from '#shared/platform/problem-error.ts';
import { RECEIPT_SLICE_MS, receiptField } from '#shared/platform/receipts.ts';
import { orUnavailable } from '#shared/platform/redis.ts';
import { type AccountStore, shardTag, withAccounts } from './account-store.ts';
import changeBalancesLua from './lua/change-balances.lua';
import changeOneLua from './lua/change-one.lua';
import reverseChargeLua from './lua/reverse-charge.lua';
import { type Outcome, readOutcome } from './outcome.ts';
import { effectScript, takeEffect } from './take-effect.ts';

/** A charge, top-up or adjustment. The fingerprint is of what must be the same when the id comes again. */
export interface BalanceChange {
  readonly event: Extract<UnrecordedEvent, { kind: 'charge' | 'top_up' | 'adjustment' }> & {
    readonly fingerprint: string;
  };
  /** A charge takes what can be spent where that is less than its amount. */
  readonly isUpTo?: boolean;
}

/** `values` of a charge up to an amount: what it took. */
export type ChangeOutcome = Outcome<
  'account_frozen' | 'account_closed' | 'insufficient_balance' | 'balance_out_of_range'
>;

const changeScript = luaScript(
  'tollgateChangeBalances',
  `${changeOneLua}\n${withAccounts(changeBalancesLua)}`,
);
const reverseScript = effectScript('tollgateReverseCharge', reverseChargeLua);

/** Most changes of callers that share a script call: the store works on one call while this process prepares the next. */
const MAX_SHARED_CHANGES = 64;

/**
 * Changes balances, those of one client in the order given, one script call for each shard. Each takes effect or is
 * refused by itself: balance, receipt and outbox entry change together or not at all. Where Redis does not answer for a
 * shard, the outcomes there are the `ProblemError` unavailable: the same ids asked again tell what was done.
 */
export async function changeBalances(
  store: AccountStore,
  changes: readonly BalanceChange[],
): Promise<(ChangeOutcome | ProblemError)[]> {
  const indexed = changes.map((change, index) => ({ change, index }));
  const byShard = Map.groupBy(indexed, ({ change }) => shardOf(change.event.client, store.shards));
  const outcomes: (ChangeOutcome | ProblemError)[] = new Array(changes.length);
  await Promise.all(
    [...byShard].map(async ([shard, ofShard]) => {
      const found = await changeShard(
        store,
        shard,
        ofShard.map(({ change }) => change),
      ).catch((error: ProblemError) => error);
      ofShard.forEach(({ index }, position) => {
        outcomes[index] = Array.isArray(found) ? (found[position] as ChangeOutcome) : found;
      });
    }),
  );
  return outcomes;
}

async function changeShard(
  store: AccountStore,
  shard: number,
  changes: readonly BalanceChange[],
): Promise<ChangeOutcome[]> {
  const args = [
    store.receiptWindowMs,
    RECEIPT_SLICE_MS,
    changes.length,
    changes.map(toLine).join('\n'),
    ...entriesOf(changes),
  ];
  const reply = (await orUnavailable(
    changeScript(store.redis, store.replication)([shardTag(shard)], args),
  )) as string;
  return reply
    .split('\n')
    .map((line, index) => readOutcome(line, (changes[index] as BalanceChange).event.fingerprint));
}

function toLine({ event, isUpTo }: BalanceChange): string {
  const { kind, client, id, currency, amountMicros, fingerprint } = event;
  const isCharge = kind === 'charge';
  const field = receiptField(kind, client, id);
  const change = isCharge ? -amountMicros : amountMicros;
  const manner = isCharge ? (isUpTo ? 'up_to' : 'charge') : 'credit';
  return `${field} ${fingerprint} ${timeInId(id) ?? '-'} ${client} ${currency} ${change} ${manner}`;
}

/** The events go into as few outbox entries as their bytes allow: a sealed batch never splits an entry. */
function entriesOf(changes: readonly BalanceChange[]): (string | number)[] {
  const entries: (string | number)[] = [];
  let heads: string[] = [];
  let bytes = 0;
  for (const { event, isUpTo } of changes) {
    // A rebuild makes the receipt from the event, and must know that it says what was granted.
    const head = encodeHead(event.kind === 'charge' && isUpTo ? { ...event, isUpTo } : event);
    const size = head.length + MAX_DECIDED_BYTES;
    if (heads.length > 0 && bytes + size > MAX_ENTRY_BYTES) {
      entries.push(heads.length, heads.join('\n'));
      heads = [];
      bytes = 0;
    }
    heads.push(head);
    bytes += size;
  }
  entries.push(heads.length, heads.join('\n'));
  return entries;
}

/**
 * Changes one balance. Changes that are asked for in the same turn of the event loop travel in one script call: where
 * one process serves many callers, they share a round trip, an outbox entry and a write per account.
 */
export function changeBalance(store: AccountStore, change: BalanceChange): Promise<ChangeOutcome> {
  return loaderOf(store, shardOf(change.event.client, store.shards)).load(change);
}

type Loader = DataLoader<BalanceChange, ChangeOutcome>;
const loaders = new WeakMap<AccountStore, Map<number, Loader>>();

function loaderOf(store: AccountStore, shard: number): Loader {
  const ofStore = loaders.get(store) ?? new Map<number, Loader>();
  loaders.set(store, ofStore);
  const known = ofStore.get(shard);
  if (known) return known;
  const loader: Loader = new DataLoader((changes) => changeShard(store, shard, changes), {
    cache: false,
    maxBatchSize: MAX_SHARED_CHANGES,
  });
  ofStore.set(shard, loader);
  return loader;
}

export interface Reversal {
  readonly event: Extract<UnrecordedEvent, { kind: 'reversal' }> & { readonly fingerprint: string };
  /** What to give back; undefined for all that is left. The amount of the event is what was charged. */
  readonly amountMicros: bigint | undefined;
}

/** Gives back a charge or a capture, or part of it. `values`: what it gave back, and all that was given back so far. */
export async function reverse(
  store: AccountStore,
  { event, amountMicros }: Reversal,
): Promise<Outcome<'account_closed' | 'over_reversed' | 'balance_out_of_range'>> {
  return takeEffect(
    store,
    reverseScript,
    event,
    amountMicros?.toString() ?? '',
    event.amountMicros.toString(),
    `${event.reversedKind} ${event.reversedId}`,
  );
}
