import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { readEntries } from '#shared/contracts/outbox-entry.ts';
import { decodeEvents } from '#shared/contracts/sealed-batch.ts';
import type { LedgerEvent } from '#shared/domain/ledger-event.ts';
import { shardOf } from '#shared/domain/shard.ts';
import { fingerprintOf } from '#shared/platform/receipts.ts';
import { connectRedis } from '#shared/platform/redis.ts';
import { type AccountStore, markComplete, openAccount } from '../account-store.ts';

export const HOUR_MS = 3_600_000;

/** A client of one server, with time for a machine that is busy. */
export function connectTo(url: string, isCluster = false): Redis {
  return connectRedis({ url, isCluster, commandTimeoutMs: 5_000 }) as Redis;
}

export function storeOn(redis: Redis, changes: Partial<AccountStore> = {}): AccountStore {
  return {
    redis,
    shards: 4,
    receiptWindowMs: 24 * HOUR_MS,
    replication: { replicas: 0, waitMs: 1_000 },
    ...changes,
  };
}

/** Says of each shard that no accounts are missing, as the relay does where the ledger is empty. */
export async function complete(store: AccountStore): Promise<void> {
  await Promise.all(Array.from({ length: store.shards }, (_, shard) => markComplete(store, shard)));
}

export const newClient = () => `client-${randomUUID()}`;

/** Opens an account of a new client in USD. */
export async function openNew(
  store: AccountStore,
  balanceMicros: bigint,
  client = newClient(),
): Promise<string> {
  await markComplete(store, shardOf(client, store.shards));
  const { type } = await openAccount(store, { ...opening(client), amountMicros: balanceMicros });
  if (type !== 'opened') throw new Error(`The account of ${client} is there already`);
  return client;
}

export function opening(client: string) {
  return {
    kind: 'opening' as const,
    id: 'opening',
    client,
    currency: 'USD',
    amountMicros: 0n,
    occurredAtMs: 1_800_000_000_000,
  };
}

export function charge(client: string, amountMicros: bigint, id: string = randomUUID()) {
  return {
    kind: 'charge' as const,
    id,
    client,
    currency: 'USD',
    amountMicros,
    occurredAtMs: 1_800_000_000_000,
    day: '2027-01-15' as const,
    meter: 'requests',
    quantityMicros: 1_000_000n,
    fingerprint: fingerprintOf(amountMicros),
  };
}

export function topUp(client: string, amountMicros: bigint, id: string = randomUUID()) {
  return {
    kind: 'top_up' as const,
    id,
    client,
    currency: 'USD',
    amountMicros,
    occurredAtMs: 1_800_000_000_000,
    fingerprint: fingerprintOf(amountMicros),
  };
}

/** The events that lie in the outboxes, in the order of each. */
export async function journalOf(redis: Redis): Promise<LedgerEvent[]> {
  const outboxes = await redis.keys('*:outbox');
  const entries = await Promise.all(outboxes.sort().map((key) => redis.xrange(key, '-', '+')));
  return entries
    .flat()
    .flatMap(([, fields]) => decodeEvents(JSON.stringify(readEntries(fields[3] as string))));
}

/** Everything in a Redis that is a test's own, to see that nothing has changed. */
export async function contentsOf(redis: Redis): Promise<Record<string, unknown>> {
  const keys = (await redis.keys('*')).sort();
  return Object.fromEntries(
    await Promise.all(
      keys.map(async (key) => {
        const isStream = (await redis.type(key)) === 'stream';
        const value = isStream ? await redis.xrange(key, '-', '+') : await redis.hgetall(key);
        return [key, { value, expiresAtMs: await redis.pexpiretime(key) }];
      }),
    ),
  );
}
