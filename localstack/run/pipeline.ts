import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { LocalEnvironment } from '#localstack/environment.ts';
import { RESTING_STATES } from '#shared/domain/invoice.ts';
import { outboxDepth } from '#shared/platform/outbox.ts';
import { type Cloud, persistently, until } from './cloud.ts';
import { count, type Steps } from './progress.ts';
import { countStates } from './reconcile.ts';

/** As in infrastructure/settings-local.yml. */
export const LOCAL_SHARDS = 32;

const RELAY_BOUND_MS = 300_000;
const CONSUME_BOUND_MS = 600_000;
const SETTLE_BOUND_MS = 3_600_000;

/** Hands everything on from Redis to the ledger, and waits until the queue is empty. */
export async function drain(environment: LocalEnvironment, cloud: Cloud, steps: Steps) {
  const redis = new Redis(environment.redisUrl);
  try {
    await steps.step('relay: Redis to the queue', async (show) => {
      await until('The relay', RELAY_BOUND_MS, async () => {
        await persistently(() => cloud.invoke('relay-events', { untilEmpty: true }));
        const left = await depthOf(redis);
        show(`${count(left)} entries left`);
        return left === 0;
      });
    });
    await steps.step('consumer: queue to the ledger', async (show) => {
      await until('The consumer', CONSUME_BOUND_MS, async () => {
        const left = await cloud.queueDepth('consumption');
        show(`${count(left)} messages left`);
        return left === 0;
      });
    });
  } finally {
    redis.disconnect();
  }
}

async function depthOf(redis: Redis): Promise<number> {
  const shards = Array.from({ length: LOCAL_SHARDS }, (_, shard) => outboxDepth(redis, shard));
  return (await Promise.all(shards)).reduce((sum, depth) => sum + depth, 0);
}

/** Rolls up and packages everything there is, the running half month included. */
export async function packageEverything(cloud: Cloud, steps: Steps): Promise<void> {
  await steps.step(
    'roll-up: deltas to daily records',
    () =>
      persistently(() => cloud.execute('roll-up', {}), 3) as Promise<{ dailyRecords: number }[]>,
    (shards) => `${count(shards.reduce((sum, { dailyRecords }) => sum + dailyRecords, 0))} records`,
  );
  await steps.step(
    'packaging: records to invoices',
    async (show) => {
      const run = persistently(() => cloud.execute('packaging', { includeRunning: true }), 3);
      await showUntil(run, async () => {
        const byState = await countStates(cloud.dynamo, `${cloud.prefix}-invoices`);
        show(describe(byState));
      });
      return (await run) as { packages: number };
    },
    ({ packages }) => `${count(packages)} packages`,
  );
}

const SHOW_MS = 2_000;

/** Shows how far something is until it has ended, well or not. */
async function showUntil(work: Promise<unknown>, show: () => Promise<void>): Promise<void> {
  const ended = work.then(
    () => true,
    () => true,
  );
  while (!(await Promise.race([ended, delay(SHOW_MS, false)]))) await show();
}

/** Waits until every invoice is at rest. */
export async function settleInvoices(cloud: Cloud, steps: Steps): Promise<Record<string, number>> {
  return steps.step(
    'invoices: sent and decided',
    async (show) => {
      let byState: Record<string, number> = {};
      await until(
        'The sending of invoices',
        SETTLE_BOUND_MS,
        async () => {
          byState = await countStates(cloud.dynamo, `${cloud.prefix}-invoices`);
          show(describe(byState));
          return Object.keys(byState).every((state) => RESTING.has(state));
        },
        1_000,
      );
      return byState;
    },
    describe,
  );
}

const RESTING = new Set<string>(RESTING_STATES);

function describe(byState: Record<string, number>): string {
  return Object.entries(byState)
    .map(([state, number]) => `${count(number)} ${state}`)
    .join(', ');
}
