import { shardName } from '#shared/domain/shard.ts';
import sealLua from './lua/seal.lua';
import { luaScript } from './lua.ts';
import type { RedisClient } from './redis.ts';

/**
 * The outbox of a shard: what a script records here in the same step as its change reaches the
 * consumption queue at least once, in batches whose ids and contents never change.
 */

/** The stream that scripts append to: `XADD <key> * n <number of events> e <their JSON, comma-separated>`. */
export function outboxKey(shard: number): string {
  return `{${shardName(shard)}}:outbox`;
}

function sealedKey(shard: number): string {
  return `{${shardName(shard)}}:sealed`;
}

/** Most bytes that one entry may hold: a batch is never smaller than one entry. */
export const MAX_ENTRY_BYTES = 120_000;

export interface SealLimits {
  readonly maxEvents: number;
  readonly maxBytes: number;
  /** How long entries gather before they are sealed. */
  readonly lingerMs: number;
}

export interface Sealed {
  readonly batch: string;
  /** JSON array of the events. */
  readonly events: string;
}

const seal = luaScript('tollgateSeal', sealLua);

/**
 * The next batch of a shard to hand on, if any: the one sealed earlier and not yet discarded, or a new
 * one called `newBatch`. Waits until `replicas` replicas have it: a batch that a failover forgets must not
 * have been sent, for its events would be sealed again under another id.
 */
export async function sealNext(
  redis: RedisClient,
  shard: number,
  newBatch: string,
  limits: SealLimits,
  replicas: number,
): Promise<Sealed | undefined> {
  const reply = (await seal(redis)(
    [outboxKey(shard), sealedKey(shard)],
    [newBatch, limits.maxEvents, limits.maxBytes, limits.lingerMs],
  )) as [string, string] | null;
  if (!reply) return undefined;
  if (replicas > 0) await waitForReplicas(redis, shard, replicas);
  return { batch: reply[0], events: reply[1] };
}

const WAIT_MS = 1_000;

async function waitForReplicas(redis: RedisClient, shard: number, replicas: number): Promise<void> {
  // WAIT counts for the writes of its own connection, and in a cluster only the node of this shard knows
  // them: the keyed command beside it in the pipeline leads it there.
  const results = await redis.pipeline().exists(sealedKey(shard)).wait(replicas, WAIT_MS).exec();
  const [error, acknowledged] = results?.[1] ?? [new Error('no answer to WAIT')];
  if (error) throw error;
  if (Number(acknowledged) < replicas) {
    throw new Error(
      `only ${acknowledged} of ${replicas} replicas have the batch after ${WAIT_MS} ms`,
    );
  }
}

/** Forgets a batch that the queue has taken. Harmless to repeat. */
export async function discardSealed(
  redis: RedisClient,
  shard: number,
  batch: string,
): Promise<void> {
  await redis.hdel(sealedKey(shard), batch);
}

/** What still lies in Redis of a shard: entries not sealed and batches not handed on. */
export async function outboxDepth(redis: RedisClient, shard: number): Promise<number> {
  const [entries, sealed] = await Promise.all([
    redis.xlen(outboxKey(shard)),
    redis.hlen(sealedKey(shard)),
  ]);
  return entries + sealed;
}
