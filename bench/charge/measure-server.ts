import type { Redis } from 'ioredis';
import { seededRandom } from '#localstack/traffic/random.ts';
import { connectRedis, type RedisClient } from '#shared/platform/redis.ts';
import { inRounds } from '../harness/rounds.ts';
import { connectMemcached } from '../rivals/memcached-client.ts';
import type { Cell } from './cells.ts';
import { chargeIds } from './charge-ids.ts';
import { type Measure, prepare } from './contender.ts';
import { makeContenders } from './contenders.ts';
import { CALLERS, type Timing, WORKLOADS } from './plan.ts';

/**
 * A process of its own for one server, because the handler holds one connection for the life of its process, as in a
 * Lambda. Its standard output goes to /dev/null: so do the handler's log lines, each by a write of its own.
 */

export interface ServerPlan extends Timing {
  readonly redisUrl: string;
  readonly commandTimeoutMs: number;
  readonly memcachedPort: number | undefined;
}

export type Message =
  | { readonly type: 'progress'; readonly text: string }
  | { readonly type: 'cells'; readonly cells: readonly Cell[] };

interface Case {
  readonly contender: string;
  readonly workload: string;
  readonly callers: number;
  readonly measure: Measure;
}

/** Resolves once the parent has it. */
function say(message: Message): Promise<unknown> {
  return new Promise((resolve) => process.send?.(message, undefined, undefined, resolve));
}

async function main(plan: ServerPlan): Promise<void> {
  const connections: RedisClient[] = [];
  const connect = () => {
    const redis = connectRedis({
      url: plan.redisUrl,
      isCluster: false,
      commandTimeoutMs: plan.commandTimeoutMs,
    }) as Redis;
    connections.push(redis);
    return redis;
  };
  const memcached =
    plan.memcachedPort === undefined ? undefined : await connectMemcached(plan.memcachedPort);
  const contenders = await makeContenders(connect, memcached, chargeIds(Date.now()));
  const random = seededRandom(plan.seed);

  const cases: Case[] = [];
  for (const [index, contender] of contenders.entries()) {
    await say({ type: 'progress', text: `opening accounts, warming up: ${contender.name}` });
    for (const { name: workload, accounts } of WORKLOADS) {
      const names = Array.from({ length: accounts }, (_, n) => `c${index}-${accounts}-${n}`);
      const measure = await prepare(contender, names);
      await measure(16, plan.forMs, random);
      for (const callers of CALLERS) {
        if (callers > (contender.mostCallers ?? callers)) continue;
        cases.push({ contender: contender.name, workload, callers, measure });
      }
    }
  }

  const results = await inRounds(cases, plan, async ({ measure, callers }, round) => {
    await say({
      type: 'progress',
      text: `round ${round + 1} of ${plan.rounds}`,
    });
    // So that no measurement sweeps up behind the one before it.
    globalThis.gc?.();
    return measure(callers, plan.forMs, random);
  });
  const cells = cases.map(({ measure: _, ...which }, index): Cell => {
    const rounds = results[index] ?? [];
    return {
      ...which,
      perSecond: rounds.map(({ perSecond }) => perSecond),
      lost: rounds.reduce((sum, { lost }) => sum + lost, 0),
      retries: rounds.reduce((sum, { retries }) => sum + retries, 0),
    };
  });
  await say({ type: 'cells', cells });
  memcached?.close();
  for (const redis of connections) redis.disconnect();
}

await main(JSON.parse(process.argv[2] ?? '{}') as ServerPlan);
// The handler's connection is its own and stays open.
process.exit();
