import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { readEntries } from '#shared/contracts/outbox-entry.ts';
import { decodeEvents } from '#shared/contracts/sealed-batch.ts';
import type { LedgerEvent } from '#shared/domain/ledger-event.ts';
import { shardOf } from '#shared/domain/shard.ts';
import { fingerprintOf } from '#shared/platform/receipts.ts';
import { connectRedis } from '#shared/platform/redis.ts';
import { type AccountStore, openAccount, shardTag } from '../account-store.ts';

export const HOUR_MS = 3_600_000;

/** A client of one server, with time for a machine that is busy. */
export function connectTo(url: string, isCluster = false, commandTimeoutMs = 5_000): Redis {
  return connectRedis({ url, isCluster, commandTimeoutMs }) as Redis;
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

/** Says of a shard that no accounts are missing. */
export async function markComplete(
  { redis }: Pick<AccountStore, 'redis'>,
  shard: number,
): Promise<void> {
  await redis.set(`${shardTag(shard)}:complete`, 'for a test');
}

/** Says so of each shard, as the relay does where the ledger is empty. */
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

const METERED = {
  day: '2027-01-15' as const,
  meter: 'requests',
  quantityMicros: 1_000_000n,
};

export function charge(client: string, amountMicros: bigint, id: string = randomUUID()) {
  return {
    kind: 'charge' as const,
    id,
    client,
    currency: 'USD',
    amountMicros,
    occurredAtMs: 1_800_000_000_000,
    ...METERED,
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

export function hold(client: string, amountMicros: bigint, id: string = randomUUID()) {
  return { ...topUp(client, amountMicros, id), kind: 'hold' as const };
}

export function capture(
  client: string,
  holdId: string,
  amountMicros: bigint,
  id: string = randomUUID(),
) {
  return {
    ...charge(client, amountMicros, id),
    kind: 'capture' as const,
    holdId,
    fingerprint: fingerprintOf(holdId, amountMicros),
  };
}

function onHold(client: string, holdId: string, id: string) {
  const fingerprint = fingerprintOf(holdId);
  return { id, client, holdId, occurredAtMs: 1_800_000_000_000, fingerprint };
}

export function release(client: string, holdId: string, id: string = randomUUID()) {
  return { ...onHold(client, holdId, id), kind: 'release' as const };
}

export function extension(client: string, holdId: string, id: string = randomUUID()) {
  return { ...onHold(client, holdId, id), kind: 'extension' as const, amountMicros: 0n };
}

/** Gives back a charge or a capture, or part of it. */
export function reversal(
  { kind, id: reversedId, client, amountMicros }: Charged,
  partMicros?: bigint,
  id: string = randomUUID(),
) {
  const event = {
    ...charge(client, amountMicros, id),
    kind: 'reversal' as const,
    reversedKind: kind,
    reversedId,
    fingerprint: fingerprintOf(kind, reversedId, partMicros),
  };
  return { event, amountMicros: partMicros };
}

type Charged = ReturnType<typeof charge> | ReturnType<typeof capture>;

export function terms(client: string, id: string = randomUUID()) {
  return {
    kind: 'terms' as const,
    id,
    client,
    amountMicros: 0n,
    occurredAtMs: 1_800_000_000_000,
  };
}

export function uuidV7(timeMs: number): string {
  const hex = timeMs.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7abc-8def-0123456789ab`;
}

/** The time of Redis. */
export async function nowMsOf(redis: Redis): Promise<number> {
  const [seconds, microseconds] = (await redis.time()).map(Number) as [number, number];
  return seconds * 1_000 + Math.floor(microseconds / 1_000);
}

/** Asks the clock of Redis until it has passed a time; returns what it says then. */
export async function waitPast(redis: Redis, timeMs: number): Promise<number> {
  const untilMs = performance.now() + 10_000;
  for (;;) {
    const nowMs = await nowMsOf(redis);
    if (nowMs > timeMs) return nowMs;
    if (performance.now() > untilMs) throw new Error(`Redis is at ${nowMs}, before ${timeMs}`);
  }
}

/** The events that lie in the outboxes, in the order of each. */
export async function journalOf(redis: Redis): Promise<LedgerEvent[]> {
  const outboxes = await redis.keys('*:outbox');
  const entries = await Promise.all(outboxes.sort().map((key) => redis.xrange(key, '-', '+')));
  return entries
    .flat()
    .flatMap(([, fields]) => decodeEvents(JSON.stringify(readEntries(fields[3] as string))));
}

const READERS: Record<string, (redis: Redis, key: string) => Promise<unknown>> = {
  string: (redis, key) => redis.get(key),
  hash: (redis, key) => redis.hgetall(key),
  zset: (redis, key) => redis.zrange(key, 0, '-1', 'WITHSCORES'),
  stream: (redis, key) => redis.xrange(key, '-', '+'),
};

/** Everything in a Redis that is a test's own, to see that nothing has changed. */
export async function contentsOf(redis: Redis): Promise<Record<string, unknown>> {
  const keys = (await redis.keys('*')).sort();
  return Object.fromEntries(
    await Promise.all(
      keys.map(async (key) => {
        const value = await READERS[await redis.type(key)]?.(redis, key);
        return [key, { value, expiresAtMs: await redis.pexpiretime(key) }];
      }),
    ),
  );
}
