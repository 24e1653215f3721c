import { encodeEventHead, type UnrecordedEvent } from '#shared/contracts/sealed-batch.ts';
import { timeInId } from '#shared/domain/charge-id.ts';
import { shardName, shardOf } from '#shared/domain/shard.ts';
import { luaScript } from '#shared/platform/lua.ts';
import { outboxKey } from '#shared/platform/outbox.ts';
import {
  fingerprintOf,
  RECEIPT_SLICE_MS,
  receiptsKey,
  withReceipts,
} from '#shared/platform/receipts.ts';
import { orUnavailable, type RedisClient } from '#shared/platform/redis.ts';
import changeBalanceLua from './lua/change-balance.lua';
import openAccountLua from './lua/open-account.lua';

/** Owns every balance key and the scripts that change them. */
export interface AccountStore {
  readonly redis: RedisClient;
  readonly shards: number;
  /** How long an id is remembered. */
  readonly receiptWindowMs: number;
}

export interface AccountState {
  readonly client: string;
  readonly currency: string;
  readonly balanceMicros: bigint;
}

type BalanceEvent = Exclude<UnrecordedEvent, { kind: 'usage' | 'opening' }>;

export type ChangeOutcome =
  | {
      readonly type: 'done' | 'repeated';
      readonly balanceMicros: bigint;
      readonly recordedAtMs: number;
    }
  | { readonly type: 'reused'; readonly firstFingerprint: string; readonly fingerprint: string }
  | Refused<
      | 'expired'
      | 'in_future'
      | 'unknown_account'
      | 'currency_mismatch'
      | 'insufficient_balance'
      | 'balance_out_of_range'
    >;

/** One member per reason, so that a switch over `type` narrows. */
type Refused<Reason> = Reason extends string ? { readonly type: Reason } : never;

const changeScript = luaScript('tollgateChangeBalance', withReceipts(changeBalanceLua));
const openScript = luaScript('tollgateOpenAccount', openAccountLua);

function accountKey(client: string, shard: number): string {
  return `{${shardName(shard)}}:account:${client}`;
}

/** The receipt field of an id. Charges have the shortest; neither clients nor ids contain spaces. */
function receiptField({ kind, client, id }: BalanceEvent): string {
  return kind === 'charge' ? `${client} ${id}` : `${client} ${kind} ${id}`;
}

/**
 * Changes a balance by the event's amount: a charge takes it, a top-up or adjustment adds it. Balance, receipt
 * and outbox entry change together or not at all. `request` is what must be the same when the id comes again.
 * Throws `ProblemError` unavailable when Redis does not answer in time; the change may then have been made,
 * and the same id asked again tells.
 */
export async function changeBalance(
  store: AccountStore,
  event: BalanceEvent,
  request: object,
): Promise<ChangeOutcome> {
  const shard = shardOf(event.client, store.shards);
  const fingerprint = fingerprintOf(request);
  const change = event.kind === 'charge' ? -event.amountMicros : event.amountMicros;
  const [type, ...rest] = (await orUnavailable(
    changeScript(store.redis)(
      [accountKey(event.client, shard), outboxKey(shard), receiptsKey(shard)],
      [
        receiptField(event),
        fingerprint,
        timeInId(event.id) ?? '',
        store.receiptWindowMs,
        RECEIPT_SLICE_MS,
        change.toString(),
        event.currency,
        encodeEventHead(event),
      ],
    ),
  )) as [ChangeOutcome['type'], string, string];
  switch (type) {
    case 'done':
    case 'repeated':
      return { type, balanceMicros: BigInt(rest[0]), recordedAtMs: Number(rest[1]) };
    case 'reused':
      return { type, firstFingerprint: rest[0], fingerprint };
    default:
      return { type };
  }
}

/** Opens an account; `exists` where it was opened on the same terms before, `differs` where on others. */
export async function openAccount(
  store: AccountStore,
  event: Extract<UnrecordedEvent, { kind: 'opening' | 'top_up' | 'adjustment' }>,
): Promise<{ type: 'opened' | 'exists' | 'differs'; balanceMicros: bigint }> {
  const shard = shardOf(event.client, store.shards);
  const [type, balance] = (await orUnavailable(
    openScript(store.redis)(
      [accountKey(event.client, shard), outboxKey(shard)],
      [event.currency, event.amountMicros.toString(), encodeEventHead(event)],
    ),
  )) as ['opened' | 'exists' | 'differs', string];
  return { type, balanceMicros: BigInt(balance) };
}

export async function readAccount(
  store: Pick<AccountStore, 'redis' | 'shards'>,
  client: string,
): Promise<AccountState | undefined> {
  const key = accountKey(client, shardOf(client, store.shards));
  const [currency, balance] = await orUnavailable(store.redis.hmget(key, 'currency', 'balance'));
  if (!currency || !balance) return undefined;
  return { client, currency, balanceMicros: BigInt(balance) };
}
