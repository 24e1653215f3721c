import { setTimeout as delay } from 'node:timers/promises';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { monotonicFactory } from 'ulid';
import { readEntries } from '#shared/contracts/outbox-entry.ts';
import { discardSealed, type SealLimits, sealNext } from '#shared/platform/outbox.ts';
import type { RedisClient } from '#shared/platform/redis.ts';

export interface Relay {
  readonly redis: RedisClient;
  readonly shards: number;
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly limits: SealLimits;
  /** Replicas that must have a batch before it is sent; 0 where there are none. */
  readonly replicas: number;
  /** Shards worked on at the same time. */
  readonly concurrency: number;
}

export interface RelaySummary {
  readonly batches: number;
  readonly passes: number;
  /** Shards whose work failed and is left for the next pass, with the last reason. */
  readonly failures: number;
  readonly lastFailure?: string;
}

/** Batches of one relay sort in the order in which it sealed them. */
const newBatch = monotonicFactory();

const MIN_PAUSE_MS = 50;
const MAX_PAUSE_MS = 1_000;

/**
 * Hands outbox entries on to the consumption queue until `hasTime` says no, or until a pass finds nothing
 * when `untilEmpty`. Seal, send, discard: killed between any two, the next relay sends the same batch again;
 * two relays at once send it twice. Both are harmless, because the consumer writes the same bytes to the same keys.
 */
export async function relayEvents(
  relay: Relay,
  options: { readonly hasTime: () => boolean; readonly untilEmpty: boolean },
): Promise<RelaySummary> {
  const total = {
    batches: 0,
    passes: 0,
    failures: 0,
    lastFailure: undefined as string | undefined,
  };
  const limits = options.untilEmpty ? { ...relay.limits, lingerMs: 0 } : relay.limits;
  let pauseMs = MIN_PAUSE_MS;
  while (options.hasTime()) {
    const pass = await relayPass({ ...relay, limits }, options.hasTime);
    total.passes += 1;
    total.batches += pass.batches;
    total.failures += pass.failures;
    total.lastFailure = pass.lastFailure ?? total.lastFailure;
    if (options.untilEmpty && pass.batches === 0 && pass.failures === 0) break;
    pauseMs = pass.batches > 0 ? MIN_PAUSE_MS : Math.min(2 * pauseMs, MAX_PAUSE_MS);
    await delay(pauseMs);
  }
  const { lastFailure, ...counts } = total;
  return lastFailure === undefined ? counts : { ...counts, lastFailure };
}

interface Pass {
  batches: number;
  failures: number;
  lastFailure: string | undefined;
}

async function relayPass(relay: Relay, hasTime: () => boolean): Promise<Pass> {
  const pass: Pass = { batches: 0, failures: 0, lastFailure: undefined };
  let next = 0;
  const worker = async () => {
    while (next < relay.shards && hasTime()) {
      const shard = next++;
      try {
        await relayShard(relay, shard, hasTime, pass);
      } catch (error) {
        pass.failures += 1;
        pass.lastFailure = `shard ${shard}: ${(error as Error).message}`;
      }
    }
  };
  await Promise.all(Array.from({ length: relay.concurrency }, worker));
  return pass;
}

async function relayShard(
  relay: Relay,
  shard: number,
  hasTime: () => boolean,
  pass: Pass,
): Promise<void> {
  while (hasTime()) {
    const sealed = await sealNext(relay.redis, shard, newBatch(), relay.limits, relay.replicas);
    if (!sealed) break;
    await relay.sqs.send(
      new SendMessageCommand({
        QueueUrl: relay.queueUrl,
        MessageBody: JSON.stringify({
          batch: sealed.batch,
          shard,
          events: readEntries(sealed.entries),
        }),
      }),
    );
    await discardSealed(relay.redis, shard, sealed.batch);
    pass.batches += 1;
  }
}
