import { readAllEntries, readAllUsage, readLedger } from '#services/aggregation/public.ts';
import { readAccount } from '#services/charging/account-store.ts';
import { readHolds } from '#services/charging/hold-store.ts';
import { type Stage, stageOf } from '#shared/domain/conservation.ts';
import type { UsageSum } from '#shared/domain/usage.ts';
import { usageOf } from '#shared/domain/usage.ts';
import { outboxDepth } from '#shared/platform/outbox.ts';
import type { RedisClient } from '#shared/platform/redis.ts';
import { waitUntil } from '#shared/testing/wait-until.ts';
import type { Asked } from './callers.ts';
import type { Remains, StoredAccount } from './checks.ts';
import type { Cloud } from './cloud.ts';
import type { RivalAccounts } from './rivals.ts';
import { SHARDS } from './settings.ts';

export interface Sources {
  readonly redis: RedisClient;
  readonly cloud: Cloud;
  readonly asked: ReadonlyMap<string, Asked>;
  readonly rivalAccounts?: RivalAccounts | undefined;
}

/** Holds that expire later than this are meant to stay. */
const SOON_MS = 60_000;

const REST_WITHIN_MS = 60_000;

/** Waits until nothing moves any more: holds that are due given back, then all handed on, then all consumed. */
export async function settle({ redis, cloud, asked }: Sources): Promise<void> {
  const store = { redis, shards: SHARDS };
  const holding = [...asked.values()].filter(({ request }) => request.kind === 'hold');
  const clients = [...new Set(holding.map(({ request }) => request.client))];
  const shards = Array.from({ length: SHARDS }, (_, shard) => shard);
  await becomesZero('holds that are due', async () => {
    const holds = (await Promise.all(clients.map((client) => readHolds(store, client)))).flat();
    return holds.filter(({ expiresAtMs }) => expiresAtMs < Date.now() + SOON_MS).length;
  });
  await becomesZero('in the outboxes', async () => {
    const depths = await Promise.all(shards.map((shard) => outboxDepth(redis, shard)));
    return depths.reduce((sum, depth) => sum + depth);
  });
  await becomesZero('messages in the queue', cloud.depth);
}

async function becomesZero(what: string, count: () => Promise<number>): Promise<void> {
  let last: number | string = 'not counted';
  const isZero = async () => {
    last = await count().catch(String);
    return last === 0;
  };
  await waitUntil(isZero, REST_WITHIN_MS).catch(() => {
    throw new Error(`Not at rest after ${REST_WITHIN_MS} ms: ${last} ${what}`);
  });
}

/** Everything that is left, read whole. */
export async function readRemains({
  redis,
  cloud,
  asked,
  rivalAccounts,
}: Sources): Promise<Remains> {
  const [ledger, entries, deltas] = await Promise.all([
    Array.fromAsync(readLedger(cloud.ledger)),
    Array.fromAsync(readAllEntries(cloud.entries)),
    readDeltas(cloud),
  ]);
  const deadLetters = await cloud.deadLetters();
  if (deadLetters > 0) throw new Error(`${deadLetters} messages were put aside`);
  const clients = new Set(ledger.map(({ client }) => client));
  for (const { request } of asked.values()) clients.add(request.client);
  const stages: Stage[] = [stageOf('ledger', usageOf(ledger)), stageOf('deltas', deltas)];
  const stored = rivalAccounts ? await rivalAccounts() : await readStored(redis, clients);
  return { asked, ledger, entries, stages, stored };
}

async function readDeltas(cloud: Cloud): Promise<UsageSum[]> {
  const sums: UsageSum[] = [];
  for await (const item of readAllUsage(cloud.usage))
    if (item.type === 'delta') sums.push(item.sum);
  return sums;
}

async function readStored(redis: RedisClient, clients: Iterable<string>) {
  const stored = new Map<string, StoredAccount>();
  const store = { redis, shards: SHARDS };
  for (const client of clients) {
    const account = await readAccount(store, client);
    if (!account) continue;
    const holds = await readHolds(store, client);
    stored.set(client, {
      ...{ balanceMicros: account.balanceMicros, heldMicros: account.heldMicros },
      holds: new Map(holds.map(({ id, leftMicros }) => [id, leftMicros])),
    });
  }
  return stored;
}
