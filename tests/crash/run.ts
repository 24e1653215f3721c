import { join } from 'node:path';
import { seededRandom } from '#localstack/traffic/random.ts';
import { markComplete } from '#services/charging/testing/store.ts';
import { connectRedis } from '#shared/platform/redis.ts';
import { startCallers } from './callers.ts';
import { judge, type Lapse, type Remains, type Verdict } from './checks.ts';
import { type Cloud, startCloud } from './cloud.ts';
import { type KillCounts, type Order, planKills, ROLES, type Role } from './plan.ts';
import { readRemains, settle } from './remains.ts';
import { openRivalAccounts } from './rivals.ts';
import { SHARDS } from './settings.ts';
import { startDurableStore, startEverySecondStore, startPair } from './stores.ts';
import { ACCOUNTS, openingOf, rehearse, tellStories } from './stories.ts';
import { type SupervisedRole, superviseRole } from './supervisor.ts';
import type { EngineName } from './wrong-engines.ts';

/** Callers side by side; each may ask several processes at once. */
const CALLERS = 12;

/** Those who go on until all kills are done, once there are answers enough. */
const LAST_CALLERS = 3;

/** Charging processes side by side. */
const CHARGING = 3;

const STORES = {
  durable: startDurableStore,
  every_second: startEverySecondStore,
  pair: startPair,
};

export interface Scenario {
  readonly seed: number;
  readonly engine: EngineName;
  readonly store: keyof typeof STORES;
  readonly durability: 'at_once' | 'replicated' | 'durable_store';
  readonly relayReplicas: 0 | 1;
  readonly kills: KillCounts;
  /** How long a store goes on, at least, with what it will forget. */
  readonly darkMs: number;
  /** The run goes on until callers have got so many and all kills are done. */
  readonly answers: number;
  /** A run that takes longer hangs somewhere. */
  readonly withinMs: number;
}

export interface Kill {
  readonly what: string;
  readonly atMs: number;
}

export interface Report extends Verdict {
  readonly remains: Remains;
  readonly lapses: readonly Lapse[];
  readonly kills: Readonly<Record<Role | 'store', number>>;
  /** In their order. */
  readonly killsDone: readonly Kill[];
  /** What was planned and did not happen. */
  readonly killsLeftOut: readonly string[];
  readonly figures: Readonly<Record<string, number>>;
}

/** Runs the whole way under callers and kills, lets it come to rest, and compares. `bundles` is the code of the processes. */
export async function run(scenario: Scenario, bundles: string): Promise<Report> {
  const { seed, engine } = scenario;
  const startedMs = performance.now();
  const random = seededRandom(seed);
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => {});

  const callers = startCallers(broken.reject);
  const cloud = await startCloud();
  const store = await STORES[scenario.store]({
    random,
    answers: () => callers.counts.answers,
    darkMs: scenario.darkMs,
  });
  const redis = connectRedis({ url: store.url, isCluster: false, commandTimeoutMs: 2_000 });
  const killing = startKilling();
  const start = (role: Role, count: number, hooks = {}) =>
    superviseRole({
      file: join(bundles, `${role}-process.mjs`),
      environment: environmentOf(scenario, cloud, store.url, bundles),
      count,
      nextOrder: () => killing.next(role),
      onKill: (order) => {
        killing.note(role, order);
        if (order.victim === 'store') for (const member of members) member.order();
      },
      crashStore: store.crash,
      onBroken: broken.reject,
      ...hooks,
    });
  const roles: Partial<Record<Role, SupervisedRole>> = {
    charging: start('charging', CHARGING, callers),
    consumer: start('consumer', 1),
    // Rivals hand on their events themselves.
    ...(engine === 'tollgate' && { relay: start('relay', 1) }),
  };
  const members = Object.values(roles);

  const play = async (): Promise<Report> => {
    const atRest = () => settle({ redis, cloud, asked: callers.asked });
    const rivalAccounts =
      engine === 'tollgate' ? undefined : await openRivalAccounts(engine, redis, cloud, callers);
    if (!rivalAccounts) {
      for (let shard = 0; shard < SHARDS; shard++) await markComplete({ redis }, shard);
      await Promise.all(ACCOUNTS.map((account) => callers.ask([openingOf(account)], 1)));
    }
    const onlyCharges = rivalAccounts !== undefined;
    await rehearse(callers, onlyCharges);
    await atRest();

    const steps = { charging: [], relay: [], consumer: [] } as Record<Role, string[]>;
    for (const role of ROLES) steps[role] = (await roles[role]?.stepsMet()) ?? [];
    killing.begin(planKills(steps, scenario.kills, random));
    for (const member of members) member.order();
    const hasEnough = () => callers.counts.answers >= scenario.answers;
    await Promise.all(
      Array.from({ length: CALLERS }, (_, number) =>
        tellStories(callers, { seed, number, onlyCharges }, () =>
          number < LAST_CALLERS ? !hasEnough() || !killing.isOver() : !hasEnough(),
        ),
      ),
    );
    for (const member of members) member.withdraw();
    await store.ready();
    await atRest();

    const remains = await readRemains({ redis, cloud, asked: callers.asked, rivalAccounts });
    const ledgerMayBeAhead = scenario.store !== 'durable' && scenario.relayReplicas === 0;
    return {
      ...judge(remains, { lapses: store.lapses, ledgerMayBeAhead }),
      ...{ remains, lapses: store.lapses, kills: killing.counts },
      ...{ killsDone: killing.done, killsLeftOut: killing.leftOut() },
      figures: {
        requests: callers.asked.size,
        answers: callers.counts.answers,
        'answers lost': callers.counts.lost,
        events: remains.ledger.length,
        seconds: Math.round((performance.now() - startedMs) / 100) / 10,
      },
    };
  };

  const bound = setTimeout(() => {
    const left = killing.leftOut().join('; ') || 'none';
    const state = `${JSON.stringify(callers.counts)}, kills left: ${left}`;
    broken.reject(new Error(`Not done after ${scenario.withinMs} ms: ${state}`));
  }, scenario.withinMs);
  try {
    return await Promise.race([play(), broken.promise]);
  } finally {
    clearTimeout(bound);
    await Promise.all(members.map((member) => member.stop()));
    redis.disconnect();
    await store.stop();
    await cloud.stop();
  }
}

/** Hands out the orders of a plan, and keeps count. */
function startKilling() {
  let plan: Record<Role, Order[]> = { charging: [], relay: [], consumer: [] };
  let planned: string[] = [];
  const done: Kill[] = [];
  const counts = { charging: 0, relay: 0, consumer: 0, store: 0 };
  let isStoreDoomed = false;
  const textOf = (role: Role, { victim, step }: Order) => `${victim} as ${role} is ${step}`;
  return {
    counts,
    done,
    begin(next: Record<Role, Order[]>) {
      plan = next;
      planned = ROLES.flatMap((role) => next[role].map((order) => textOf(role, order)));
    },
    /** One order against the store at a time, or whoever carries out another would wait with all that it does. */
    next(role: Role): Order | undefined {
      const isForStore = plan[role][0]?.victim === 'store';
      if (isForStore && isStoreDoomed) return undefined;
      isStoreDoomed ||= isForStore;
      return plan[role].shift();
    },
    note(role: Role, order: Order) {
      counts[order.victim === 'store' ? 'store' : role] += 1;
      if (order.victim === 'store') isStoreDoomed = false;
      done.push({ what: textOf(role, order), atMs: Date.now() });
    },
    isOver: () => done.length >= planned.length,
    leftOut: () => planned.filter((each) => !done.some(({ what }) => what === each)),
  };
}

function environmentOf(
  { engine, durability, relayReplicas }: Scenario,
  cloud: Cloud,
  redisUrl: string,
  bundles: string,
) {
  return {
    ...process.env,
    ...cloud.environment,
    REDIS_URL: redisUrl,
    REDIS_CLUSTER: 'false',
    REDIS_TIMEOUT_MS: '1000',
    SHARDS: String(SHARDS),
    BILLING_TIME_ZONE: 'UTC',
    MAX_EVENT_AGE_DAYS: '62',
    RECEIPT_WINDOW_HOURS: '24',
    DURABILITY: durability,
    RELAY_LINGER_MS: '0',
    RELAY_REPLICAS: String(relayReplicas),
    CRASH_ENGINE: engine,
    NODE_COMPILE_CACHE: join(bundles, 'cache'),
  };
}
