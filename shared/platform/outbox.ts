import { shardName } from '#shared/domain/shard.ts';
import confirmLua from './lua/confirm.lua';
import sealLua from './lua/seal.lua';
import { luaScript } from './lua.ts';
import type { RedisClient } from './redis.ts';
import { sendToReplicas } from './replicas.ts';

/**
 * The outbox of a shard: what a script records here in the same step as its change reaches the
 * consumption queue at least once, in batches whose ids and contents never change.
 */

/** The stream that scripts append to: `XADD <key> * n <number of events> e <entry>`; for entries see the contract. */
export function outboxKey(shard: number): string {
  return `{${shardName(shard)}}:outbox`;
}

function sealedKey(shard: number): string {
  return `{${shardName(shard)}}:sealed`;
}

/** The batch that replicas were last waited for with. */
function awaitedKey(shard: number): string {
  return `{${shardName(shard)}}:awaited`;
}

/** Most bytes that one entry may count for: a batch is never smaller than one entry. */
export const MAX_ENTRY_BYTES = 120_000;

export interface SealLimits {
  readonly maxEvents: number;
  readonly maxBytes: number;
  /** What each event counts for beside the bytes of its entry. */
  readonly bytesPerEvent: number;
  /** How long entries gather before they are sealed. */
  readonly lingerMs: number;
}

export interface Sealed {
  readonly batch: string;
  /** Its entries, joined by line feeds. */
  readonly entries: string;
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
    [newBatch, limits.maxEvents, limits.maxBytes, limits.bytesPerEvent, limits.lingerMs],
  )) as [string, string] | null;
  if (!reply) return undefined;
  const [batch, entries] = reply;
  if (replicas > 0 && !(await isOnReplicas(redis, shard, batch, replicas))) return undefined;
  return { batch, entries };
}

const WAIT_MS = 1_000;

/**
 * Whether `replicas` replicas have the batch; false where another relay has discarded it meanwhile or a failover has
 * forgotten it, so that it must not be sent. Throws where the replicas lag.
 *
 * One process may have sealed what another hands on: confirm.lua writes, so that WAIT counts.
 */
async function isOnReplicas(
  redis: RedisClient,
  shard: number,
  batch: string,
  replicas: number,
): Promise<boolean> {
  const pipeline = redis.pipeline().eval(confirmLua, 2, sealedKey(shard), awaitedKey(shard), batch);
  const { answers, lag } = await sendToReplicas(pipeline, replicas, WAIT_MS);
  if (answers[0] !== 1) return false;
  if (lag) throw lag;
  return true;
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
