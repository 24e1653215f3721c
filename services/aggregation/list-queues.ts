import type { QueueList } from '#shared/contracts/dead-letters.ts';
import { outboxDepth } from '#shared/platform/outbox.ts';
import type { RedisClient } from '#shared/platform/redis.ts';
import { type ConsumptionQueue, readDepth } from './consumption-queue.ts';

export interface Queues {
  readonly queue: ConsumptionQueue;
  readonly redis: RedisClient;
  readonly shards: number;
  readonly nowMs: () => number;
}

/** How much waits on its way from Redis to the ledger. */
export async function listQueues({ queue, redis, shards, nowMs }: Queues): Promise<QueueList> {
  const [depth, outboxes] = await Promise.all([
    readDepth(queue),
    Promise.all(Array.from({ length: shards }, (_, shard) => outboxDepth(redis, shard))),
  ]);
  return {
    asOf: new Date(nowMs()).toISOString(),
    queues: [depth],
    outboxEntries: outboxes.reduce((sum, entries) => sum + entries, 0),
  };
}
