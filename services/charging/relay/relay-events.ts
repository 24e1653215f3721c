import { setTimeout as delay } from 'node:timers/promises';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { monotonicFactory } from 'ulid';
import { readEntries } from '#shared/contracts/outbox-entry.ts';
import { discardSealed, type SealLimits, sealNext } from '#shared/platform/outbox.ts';
import type { RedisClient } from '#shared/platform/redis.ts';
import { giveBackExpired } from './give-back-expired.ts';
import { isLost } from './is-lost.ts';

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
  /** Whether the ledger has anything of a shard. */
  readonly isInLedger: (shard: number) => Promise<boolean>;
}

export interface RelaySummary {
  readonly batches: number;
  readonly passes: number;
  /** Holds whose time was up. */
  readonly expiredHolds: number;
  /** Shards whose accounts are to be rebuilt from the ledger. */
  readonly lostShards: number;
  /** Shards whose work failed and is left for the next pass, with the last reason. */
  readonly failures: number;
  readonly lastFailure?: string;
}

/** Batches of one relay sort in the order in which it sealed them. */
const newBatch = monotonicFactory();

const MIN_PAUSE_MS = 50;
const MAX_PAUSE_MS = 1_000;

interface RelayOptions {
  readonly hasTime: () => boolean;
  /** Lets nothing gather, and ends as soon as a pass finds nothing. */
  readonly untilEmpty: boolean;
  /** Ends after one pass. */
  readonly onePass?: boolean;
}

/**
 * Hands outbox entries on to the consumption queue until `hasTime` says no or the options. Seal, send, discard: killed
 * between any two, the next relay sends the same batch again; two relays at once send it twice. Both are harmless,
 * because the consumer writes the same bytes to the same keys.
 *
 * Each pass first gives back what expired holds keep, so that this happens also where nobody calls.
 */
export async function relayEvents(relay: Relay, options: RelayOptions): Promise<RelaySummary> {
  const run: Run = { looked: new Set(), lost: new Set() };
  const total = { batches: 0, passes: 0, failures: 0, expiredHolds: 0 };
  let lastFailure: string | undefined;
  const limits = options.untilEmpty ? { ...relay.limits, lingerMs: 0 } : relay.limits;
  let pauseMs = MIN_PAUSE_MS;
  while (options.hasTime()) {
    const pass = await relayPass({ ...relay, limits }, run, options.hasTime);
    total.passes += 1;
    total.batches += pass.batches;
    total.failures += pass.failures;
    total.expiredHolds += pass.expiredHolds;
    lastFailure = pass.lastFailure ?? lastFailure;
    if (options.onePass) break;
    if (options.untilEmpty && pass.batches === 0 && pass.failures === 0) break;
    pauseMs = pass.batches > 0 ? MIN_PAUSE_MS : Math.min(2 * pauseMs, MAX_PAUSE_MS);
    await delay(pauseMs);
  }
  return { ...total, lostShards: run.lost.size, ...(lastFailure !== undefined && { lastFailure }) };
}

interface Run {
  /** Shards of which it is known whether they were lost. */
  readonly looked: Set<number>;
  readonly lost: Set<number>;
}

interface Pass {
  batches: number;
  failures: number;
  expiredHolds: number;
  lastFailure: string | undefined;
}

async function relayPass(relay: Relay, run: Run, hasTime: () => boolean): Promise<Pass> {
  const pass: Pass = { batches: 0, failures: 0, expiredHolds: 0, lastFailure: undefined };
  let next = 0;
  const noting = async (shard: number, work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      pass.failures += 1;
      pass.lastFailure = `shard ${shard}: ${(error as Error).message}`;
    }
  };
  const worker = async () => {
    while (next < relay.shards && hasTime()) {
      const shard = next++;
      // A full store refuses what writes to it, and is emptied by handing on.
      await noting(shard, () => keepShard(relay, shard, run, pass));
      await noting(shard, () => relayShard(relay, shard, hasTime, pass));
    }
  };
  await Promise.all(Array.from({ length: relay.concurrency }, worker));
  return pass;
}

/** Whether a shard was lost is looked at before its first event of this run can reach the ledger. */
async function keepShard(relay: Relay, shard: number, run: Run, pass: Pass): Promise<void> {
  if (!run.looked.has(shard)) {
    if (await isLost(relay, shard)) run.lost.add(shard);
    run.looked.add(shard);
  }
  pass.expiredHolds += await giveBackExpired(relay.redis, shard);
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
