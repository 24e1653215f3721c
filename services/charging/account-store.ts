import { encodeHead, type UnrecordedEvent } from '#shared/contracts/outbox-entry.ts';
import type { AccountStatus } from '#shared/domain/ledger-event.ts';
import { shardName, shardOf } from '#shared/domain/shard.ts';
import { luaScript, type Replication } from '#shared/platform/lua.ts';
import { withReceipts } from '#shared/platform/receipts.ts';
import { orUnavailable, type RedisClient } from '#shared/platform/redis.ts';
import accountsLua from './lua/accounts.lua';
import changeTermsLua from './lua/change-terms.lua';
import holdsLua from './lua/holds.lua';
import openAccountLua from './lua/open-account.lua';

/** Where balances are, and how what changes them is kept. */
export interface AccountStore {
  readonly redis: RedisClient;
  readonly shards: number;
  /** How long an id is remembered. */
  readonly receiptWindowMs: number;
  readonly replication: Replication;
}

export interface AccountState {
  readonly client: string;
  readonly currency: string;
  readonly balanceMicros: bigint;
  /** What active holds keep back, those included whose time has just come. */
  readonly heldMicros: bigint;
  readonly creditLimitMicros: bigint;
  readonly status: AccountStatus;
}

/** The tag that all keys of a shard begin with. */
export function shardTag(shard: number): string {
  return `{${shardName(shard)}}`;
}

/** Puts before a script on accounts what all of them share. */
export function withAccounts(...lua: readonly string[]): string {
  return withReceipts([accountsLua, holdsLua, ...lua].join('\n'));
}

export function accountScript(name: string, ...lua: readonly string[]) {
  return luaScript(name, withAccounts(...lua));
}

const openScript = accountScript('tollgateOpenAccount', openAccountLua);
const termsScript = accountScript('tollgateChangeTerms', changeTermsLua);

type Opened = 'opened' | 'exists' | 'differs';

/** Opens an account; `exists` where it was opened on the same terms before, `differs` where on others. */
export async function openAccount(
  store: AccountStore,
  event: Extract<UnrecordedEvent, { kind: 'opening' }>,
): Promise<{ type: Opened; balanceMicros: bigint } | { type: 'incomplete' }> {
  const [type, balance] = (await orUnavailable(
    openScript(store.redis, store.replication)(
      [shardTag(shardOf(event.client, store.shards))],
      [event.client, event.currency, event.amountMicros.toString(), encodeHead(event)],
    ),
  )) as ['incomplete', undefined] | [Opened, string];
  return type === 'incomplete' ? { type } : { type, balanceMicros: BigInt(balance) };
}

export interface Terms {
  readonly status?: AccountStatus | undefined;
  readonly creditLimitMicros?: bigint | undefined;
}

/** Changes what is given of the terms of an account; `same` where they were so already. */
export async function changeTerms(
  store: AccountStore,
  event: Extract<UnrecordedEvent, { kind: 'terms' }>,
  terms: Terms,
) {
  return (await orUnavailable(
    termsScript(store.redis, store.replication)(
      [shardTag(shardOf(event.client, store.shards))],
      [
        event.client,
        terms.status ?? '',
        terms.creditLimitMicros?.toString() ?? '',
        encodeHead(event),
      ],
    ),
  )) as
    | 'done'
    | 'same'
    | 'incomplete'
    | 'unknown_account'
    | 'account_has_holds'
    | 'balance_out_of_range';
}

export async function readAccount(
  { redis, shards }: Pick<AccountStore, 'redis' | 'shards'>,
  client: string,
): Promise<AccountState | undefined> {
  const [currency, balance, held, limit, status] = await orUnavailable(
    redis.hmget(
      `${shardTag(shardOf(client, shards))}:account:${client}`,
      ...['currency', 'balance', 'held', 'limit', 'status'],
    ),
  );
  if (!currency || !balance) return undefined;
  return {
    client,
    currency,
    balanceMicros: BigInt(balance),
    heldMicros: BigInt(held ?? 0),
    creditLimitMicros: BigInt(limit ?? 0),
    status: (status ?? 'open') as AccountStatus,
  };
}

/** Whether the store has all accounts that were ever opened in a shard: a store that was lost has not. */
export async function isComplete(
  { redis }: Pick<AccountStore, 'redis'>,
  shard: number,
): Promise<boolean> {
  return (await redis.exists(`${shardTag(shard)}:complete`)) === 1;
}
