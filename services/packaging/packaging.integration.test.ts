import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import pMap from 'p-map';
import { readUsageMarks, type UsageStore } from '#services/aggregation/public.ts';
import type { HalfMonth } from '#shared/domain/billing-period.ts';
import type { PackagingRules } from '#shared/domain/carry-over.ts';
import { isMeteredLine } from '#shared/domain/package-line.ts';
import { MAX_PACKAGE_LINES } from '#shared/domain/packaging.ts';
import { shardOf } from '#shared/domain/shard.ts';
import { foldUsage, type UsageSum } from '#shared/domain/usage.ts';
import type { Dynamo } from '#shared/platform/dynamo.ts';
import {
  dyingDynamo,
  interceptedDynamo,
  losingDynamo,
  pausingDynamo,
} from '#shared/testing/intercepted-dynamo.ts';
import { expectSoundTies } from '#shared/testing/sound-ties.ts';
import { usageMarkItem } from '#shared/testing/stored-usage.ts';
import { type FrozenPackage, unpackLines } from './frozen-package.ts';
import { type ChunkSummary, packageChunk } from './package-chunk.ts';
import { type Packaging, packageClient } from './package-client.ts';
import { readAllPackages, readPackages } from './package-store.ts';
import { planChunks } from './plan-chunks.ts';
import { planRun, type RunRequest } from './plan-run.ts';
import {
  createPackagingTables,
  NOW_MS,
  type PackagingTables,
  PERIOD,
  SHARDS,
  usageOfClients,
  usageSum,
} from './testing/packaging-tables.ts';

let tables: PackagingTables;

beforeEach(async () => {
  tables = await createPackagingTables();
});
afterEach(() => tables.remove());

const WORKER = { clientsPerSecond: 100, timeLimitSeconds: 300 };

const cut = (usage: UsageStore, capacity: number, period = PERIOD) =>
  planChunks(usage, SHARDS, period, { capacity, maxChunks: 400 });

/** A run as the state machine does it: plan, then the chunks, several at once. */
async function run(
  packaging: Packaging = tables.packaging(),
  chunkClients = 4,
  period: HalfMonth = PERIOD,
): Promise<ChunkSummary> {
  const chunks = await cut(packaging.usage, chunkClients, period);
  const summaries = await pMap(chunks, (chunk) => packageChunk(packaging, chunk), {
    concurrency: 4,
  });
  return summaries.reduce(
    (sum, { clients, packages, hasLeft }) => ({
      clients: sum.clients + clients,
      packages: sum.packages + packages,
      hasLeft: sum.hasLeft || hasLeft,
    }),
    { clients: 0, packages: 0, hasLeft: false },
  );
}

const clients = (count: number) => Array.from({ length: count }, (_, index) => `client-${index}`);

/** At rest the packages bill the daily records, each line once, and nothing is left to package. */
async function expectBilledOnce(sums: readonly UsageSum[]): Promise<void> {
  const billed = await tables.billed();
  expect(billed.sums).toEqual(foldUsage(sums));
  expect(billed.lines).toBe(sums.length);
  expect(await tables.marked()).toEqual([]);
}

test('a package lies in the table as its contract says', async () => {
  await tables.rollUp([usageSum(), usageSum({ day: '2026-11-02', amountMicros: 50_000n })]);
  expect(await run()).toEqual({ clients: 1, packages: 1, hasLeft: false });
  const [item, ...others] = await tables.packages();
  expect(others).toEqual([]);
  expect(item).toMatchObject({
    pk: 'CLIENT#acme',
    sk: 'INVOICE#2026-11-H1#000001',
    id: '2026-11-H1.1.acme',
    client: 'acme',
    period: '2026-11-H1',
    revision: 1n,
    currency: 'EUR',
    totalMicros: 200_000n,
    packagedAtMs: BigInt(NOW_MS),
    state: 'packaged',
    dueAtMs: BigInt(NOW_MS),
    version: 1n,
    attempts: 0n,
    history: [],
  });
  const [frozen] = await tables.frozen();
  expect(frozen && unpackLines(frozen).lines).toEqual([
    { ...usageSum({ day: '2026-11-02', amountMicros: 50_000n }), kind: 'usage' },
    { ...usageSum(), kind: 'usage' },
  ]);
});

describe('what is packaged', () => {
  test('is one package for each currency, each with its own total', async () => {
    const sums = [
      usageSum({ currency: 'USD', amountMicros: 7n }),
      usageSum({ currency: 'EUR', amountMicros: 5n }),
      usageSum({ currency: 'JPY', amountMicros: 11n }),
    ];
    await tables.rollUp(sums);
    await run();
    const found = await tables.packages();
    expect(found.map(({ id, currency, totalMicros }) => [id, currency, totalMicros])).toEqual([
      ['2026-11-H1.1.acme', 'EUR', 5n],
      ['2026-11-H1.2.acme', 'JPY', 11n],
      ['2026-11-H1.3.acme', 'USD', 7n],
    ]);
    await expectBilledOnce(sums);
  });

  test('rests as skipped where it collects nothing', async () => {
    await tables.rollUp([usageSum({ amountMicros: 0n }), usageSum({ currency: 'USD' })]);
    await run();
    expect(await tables.packages()).toMatchObject([
      { currency: 'EUR', totalMicros: 0n, state: 'skipped', reason: 'zero_total' },
      { currency: 'USD', totalMicros: 150_000n, state: 'packaged' },
    ]);
  });

  test('counts what was given back: in one total with what was used, or skipped where there is more of it', async () => {
    const sums = [
      usageSum({ amountMicros: 100n }),
      usageSum({ day: '2026-11-04', events: 1, quantityMicros: -1_000_000n, amountMicros: -40n }),
      usageSum({ currency: 'USD', events: 3, quantityMicros: -5n, amountMicros: -50_000n }),
      usageSum({ currency: 'USD', meter: 'tokens', amountMicros: 10_000n }),
      usageSum({ currency: 'JPY', events: 2, quantityMicros: 0n, amountMicros: 0n }),
    ];
    await tables.rollUp(sums);
    await run();
    expect(await tables.packages()).toMatchObject([
      { currency: 'EUR', totalMicros: 60n, state: 'packaged' },
      { currency: 'JPY', totalMicros: 0n, state: 'skipped', reason: 'zero_total' },
      { currency: 'USD', totalMicros: -40_000n, state: 'skipped', reason: 'negative_total' },
    ]);
    await expectBilledOnce(sums);
  });

  test('is only what is new: late usage goes into a next revision, as lines of its own day', async () => {
    await tables.rollUp([usageSum({ day: '2026-11-03', events: 1, amountMicros: 100n })]);
    await run();
    const before = await tables.packages();
    await tables.rollUp([
      usageSum({ day: '2026-11-03', events: 2, amountMicros: 130n }),
      usageSum({ day: '2026-11-01', events: 1, amountMicros: 7n }),
      usageSum({ day: '2026-11-02', currency: 'USD', events: 1, amountMicros: 1n }),
    ]);
    await run();
    const after = await tables.packages();
    expect(after.slice(0, 1)).toEqual(before);
    expect(
      (await tables.frozen()).slice(1).map((frozen) => [
        frozen.item.id,
        frozen.item.totalMicros,
        unpackLines(frozen)
          .lines.filter(isMeteredLine)
          .map(({ kind, day, events, amountMicros }) => ({
            kind,
            day,
            events,
            amountMicros,
          })),
      ]),
    ).toEqual([
      [
        '2026-11-H1.2.acme',
        37n,
        [
          { kind: 'adjustment', day: '2026-11-01', events: 1, amountMicros: 7n },
          { kind: 'adjustment', day: '2026-11-03', events: 1, amountMicros: 30n },
        ],
      ],
      [
        '2026-11-H1.3.acme',
        1n,
        [{ kind: 'usage', day: '2026-11-02', events: 1, amountMicros: 1n }],
      ],
    ]);
  });

  test('is nothing where a mark announces nothing new', async () => {
    const sums = usageOfClients(clients(3));
    await tables.rollUp(sums);
    await run();
    const before = await tables.packages();
    await tables.rollUp(sums);
    expect(await run()).toEqual({ clients: 3, packages: 0, hasLeft: false });
    expect(await tables.packages()).toEqual(before);
    await expectBilledOnce(sums);
  });

  test('is the half month that was asked for, to its last day and no other', async () => {
    const inside = [usageSum({ day: '2026-11-01' }), usageSum({ day: '2026-11-15' })];
    await tables.rollUp([
      ...inside,
      usageSum({ day: '2026-10-31' }),
      usageSum({ day: '2026-11-16' }),
    ]);
    await run();
    await expectBilledOnce(inside);
  });
});

/** The first put of a package is that of its lines. */
const OF_PACKAGE = 2;

describe('runs that meet', () => {
  test('two over the same clients at once bill no amount twice', async () => {
    const sums = usageOfClients(clients(40));
    await tables.rollUp(sums);
    const summaries = await Promise.all([run(), run()]);
    expect(summaries.reduce((sum, { packages }) => sum + packages, 0)).toBe(80);
    expect(await tables.packages()).toHaveLength(80);
    await expectBilledOnce(sums);
  });

  test('a chunk that runs twice, at once or later, adds nothing', async () => {
    const sums = usageOfClients(clients(5));
    await tables.rollUp(sums);
    const packaging = tables.packaging();
    const [chunk] = await cut(packaging.usage, 100);
    if (!chunk) throw new Error('no chunk');
    await Promise.all([packageChunk(packaging, chunk), packageChunk(packaging, chunk)]);
    const before = await tables.packages();
    expect(await packageChunk(packaging, chunk)).toEqual({
      clients: 0,
      packages: 0,
      hasLeft: false,
    });
    expect(await tables.packages()).toEqual(before);
    await expectBilledOnce(sums);
  });

  test('one that was overtaken starts over and bills what is left', async () => {
    await tables.rollUp([usageSum({ events: 1, amountMicros: 100n })]);
    const slow = pausingDynamo('PutItem', OF_PACKAGE);
    const overtaken = run(tables.packaging(slow.dynamo));
    await slow.paused;
    await tables.rollUp([usageSum({ events: 2, amountMicros: 130n })]);
    await run();
    slow.letGo();
    expect(await overtaken).toEqual({ clients: 1, packages: 0, hasLeft: false });
    const [only, ...others] = await tables.packages();
    expect(others).toEqual([]);
    expect(only).toMatchObject({ revision: 1n, totalMicros: 130n });
  });

  test('one that was overtaken by a run that had read less bills the rest', async () => {
    const early = usageSum({ events: 1, amountMicros: 100n });
    await tables.rollUp([early]);
    const first = pausingDynamo('PutItem', OF_PACKAGE);
    const behind = run(tables.packaging(first.dynamo));
    await first.paused;
    const late = usageSum({ events: 2, amountMicros: 130n });
    await tables.rollUp([late]);
    const second = pausingDynamo('PutItem', OF_PACKAGE);
    const ahead = run(tables.packaging(second.dynamo));
    await second.paused;
    first.letGo();
    await behind;
    second.letGo();
    await ahead;
    expect(await tables.packages()).toMatchObject([{ totalMicros: 100n }, { totalMicros: 30n }]);
    expect((await tables.billed()).sums).toEqual(foldUsage([late]));
    expect(await tables.marked()).toEqual([]);
  });

  test('one that stood between its reads takes nothing back', async () => {
    await tables.rollUp([usageSum({ events: 1, amountMicros: 100n })]);
    const [mark] = await Array.fromAsync(
      readUsageMarks(tables.usage, PERIOD, shardOf('acme', SHARDS)),
    );
    if (!mark) throw new Error('no mark');
    const slow = pausingDynamo('Query', 2);
    const standing = packageClient(
      tables.packaging(slow.dynamo),
      PERIOD,
      shardOf('acme', SHARDS),
      mark,
    );
    await slow.paused;
    await tables.rollUp([usageSum({ events: 2, amountMicros: 130n })]);
    await run();
    slow.letGo();
    expect(await standing).toBe(0);
    expect(await tables.packages()).toMatchObject([{ revision: 1n, totalMicros: 130n }]);
  });

  test('usage that comes meanwhile stays marked for the next run', async () => {
    const early = usageSum({ events: 1, amountMicros: 100n });
    await tables.rollUp([early]);
    const slow = pausingDynamo('PutItem', OF_PACKAGE);
    const running = run(tables.packaging(slow.dynamo));
    await slow.paused;
    const late = usageSum({ day: '2026-11-14', events: 1, amountMicros: 30n });
    await tables.rollUp([late]);
    slow.letGo();
    await running;
    expect(await tables.marked()).toEqual(['acme']);
    await run();
    await expectBilledOnce([early, late]);
  });
});

test('a run may die after any write: the next one goes on and bills each line once', async () => {
  const all: UsageSum[] = [];
  for (let writes = 0; ; writes++) {
    const sums = usageOfClients([`a-${writes}`, `b-${writes}`]);
    all.push(...sums);
    await tables.rollUp(sums);
    const { dynamo, isDead } = dyingDynamo(writes);
    const survived = await run(tables.packaging(dynamo)).then(
      () => true,
      () => false,
    );
    expect(survived).toBe(!isDead());
    if (survived) break;
    const before = await tables.packages();
    await run();
    const after = await tables.packages();
    expect(after.filter(({ id }) => before.some((item) => item.id === id))).toEqual(before);
    await expectBilledOnce(all);
  }
  // Two packages with their lines, and a mark, for each of two clients.
  expect(all.length).toBe(11 * usageOfClients(['a', 'b']).length);
  await expectBilledOnce(all);
  const revisions = Map.groupBy(await tables.packages(), ({ client }) => client);
  for (const ofClient of revisions.values()) {
    expect(ofClient.map(({ revision }) => revision)).toEqual([1n, 2n]);
  }
});

test('a run may die between two packages of many lines: what is left is as much on time as what was billed', async () => {
  const sums = Array.from({ length: MAX_PACKAGE_LINES + 1 }, (_, index) =>
    usageSum({ meter: `m${index}` }),
  );
  await tables.rollUp(sums);
  // The first package and its lines.
  const { dynamo } = dyingDynamo(2);
  await expect(run(tables.packaging(dynamo))).rejects.toThrow();
  expect(await tables.packages()).toMatchObject([{ isContinued: true }]);
  await run();
  await expectBilledOnce(sums);
  await tables.rollUp([usageSum({ meter: 'late' })]);
  await run();
  const found = await tables.frozen();
  expect(found.map((each) => new Set(unpackLines(each).lines.map(({ kind }) => kind)))).toEqual([
    new Set(['usage']),
    new Set(['usage']),
    new Set(['adjustment']),
  ]);
});

test("lines lie beside their package; those that a run has left behind are nobody's", async () => {
  const lost = interceptedDynamo((command, input) => {
    if (command === 'PutItem' && 'version' in (input.Item as object)) throw new Error('killed');
  });
  await tables.rollUp([usageSum({ events: 1, amountMicros: 100n })]);
  await expect(run(tables.packaging(lost))).rejects.toThrow('not packaged');
  expect(await tables.packages()).toEqual([]);
  const sums = [usageSum({ events: 2, amountMicros: 130n }), usageSum({ client: 'other' })];
  await tables.rollUp(sums);
  await run();
  await tables.rollUp([usageSum({ events: 3, amountMicros: 160n })]);
  await run();
  expect(await tables.packed()).toHaveLength(4);
  const frozen = await tables.frozen();
  expect(frozen.map(({ item }) => item.totalMicros)).toEqual([130n, 30n, 150_000n]);
  const store = { dynamo: tables.invoices.dynamo, table: tables.invoices.table };
  const all = await Array.fromAsync(readAllPackages(store));
  const byId = (a: FrozenPackage, b: FrozenPackage) => (a.item.id < b.item.id ? -1 : 1);
  expect(all.sort(byId)).toEqual(frozen.sort(byId));
  expect(await Array.fromAsync(readPackages(store, 'acme', PERIOD))).toMatchObject([
    { item: { totalMicros: 130n }, packed: { pk: 'CLIENT#acme' } },
    { item: { totalMicros: 30n }, packed: { pk: 'CLIENT#acme' } },
  ]);
});

test('a client whose earlier lines are damaged is not packaged, and all others are', async () => {
  await tables.rollUp([usageSum({ amountMicros: 100n })]);
  await run();
  const [lines] = await tables.packed();
  await tables.invoices.put({ ...lines, lines: Buffer.from('no lines') });
  await tables.rollUp([usageSum({ amountMicros: 130n }), usageSum({ client: 'other' })]);
  await expect(run()).rejects.toThrow('not packaged for 2026-11-H1: acme');
  expect(await tables.marked()).toEqual(['acme']);
  expect(await tables.packages()).toMatchObject([{ client: 'acme' }, { client: 'other' }]);
});

describe('a chunk', () => {
  test('takes no client once its time is up; the next round packages the others, nothing twice', async () => {
    const sums = usageOfClients(clients(60));
    await tables.rollUp(sums);
    let takenOfTime = 0;
    // A store so slow that every request takes one tick of the time.
    const slow = interceptedDynamo(() => {
      takenOfTime += 1;
    });
    const packaging = tables.packaging(slow);
    const [chunk] = await cut(tables.usage, 100);
    if (!chunk) throw new Error('no chunk');
    const first = await packageChunk(packaging, chunk, () => takenOfTime < 100);
    expect(first.hasLeft).toBe(true);
    expect(first.clients).toBeGreaterThan(0);
    expect(await tables.marked()).toHaveLength(60 - first.clients);
    // Those that were at work, each with 7 requests at most, and no others.
    expect(takenOfTime).toBeLessThan(100 + 8 * 7 + SHARDS);
    const before = await tables.packages();
    const second = await run(tables.packaging());
    expect(second).toMatchObject({ clients: 60 - first.clients, hasLeft: false });
    const after = await tables.packages();
    expect(after.filter(({ id }) => before.some((item) => item.id === id))).toEqual(before);
    await expectBilledOnce(sums);
  });

  test.each([
    ['one client', 30, (number: number) => number === 3],
    ['every other client', 60, (number: number) => number % 2 === 1],
  ])(
    'packages all others where %s cannot be packaged, and fails then',
    async (_, count, isPoisoned) => {
      const all = clients(count);
      const sums = usageOfClients(all);
      await tables.rollUp(sums);
      const poisoned = all.filter((_, number) => isPoisoned(number));
      const dynamo = interceptedDynamo((command, input) => {
        if (command !== 'PutItem') return;
        if (poisoned.includes((input.Item as { client: string }).client))
          throw new Error('poisoned');
      });
      const ends = await Promise.allSettled(
        (await cut(tables.usage, 100)).map((chunk) =>
          packageChunk(tables.packaging(dynamo), chunk),
        ),
      );
      expect(ends).toContainEqual({
        status: 'rejected',
        reason: expect.objectContaining({
          message: expect.stringContaining('not packaged for 2026-11-H1: client-'),
        }),
      });
      expect((await tables.marked()).sort()).toEqual(poisoned.sort());
      expect(await run()).toMatchObject({
        clients: poisoned.length,
        packages: 2 * poisoned.length,
      });
      await expectBilledOnce(sums);
    },
  );

  test('makes no other package where the answer to the first put got lost', async () => {
    const sums = usageOfClients(['a']);
    await tables.rollUp(sums);
    const [chunk] = await cut(tables.usage, 100);
    if (!chunk) throw new Error('no chunk');
    const losing = losingDynamo('PutItem', ({ packagedAtMs }) => packagedAtMs !== undefined);
    await packageChunk(tables.packaging(losing.dynamo), chunk);
    expect(losing.isLost()).toBe(true);
    expect(await tables.marked()).toEqual([]);
    await expectBilledOnce(sums);
  });

  test('gives up where nothing works', async () => {
    await tables.rollUp(usageOfClients(clients(60)));
    let requests = 0;
    const dynamo = interceptedDynamo((command) => {
      if (command === 'Query') return;
      requests += 1;
      throw new Error('down');
    });
    const [chunk] = await cut(tables.usage, 100);
    if (!chunk) throw new Error('no chunk');
    await expect(packageChunk(tables.packaging(dynamo), chunk)).rejects.toThrow('not packaged');
    expect(requests).toBeLessThan(30);
    expect(await tables.marked()).toHaveLength(60);
  });
});

describe('what is left of a package that is not sent', () => {
  const RULES: PackagingRules = {
    minimumMicros: new Map([['EUR', 1_000n]]),
    carriesOver: true,
  };
  const NEXT = '2026-11-H2';
  const carrying = (dynamo?: Dynamo) => tables.packaging(dynamo, RULES);
  const used = (amountMicros: bigint, changes: Partial<UsageSum> = {}) =>
    usageSum({ amountMicros, ...changes });
  const usedLater = (amountMicros: bigint, changes: Partial<UsageSum> = {}) =>
    used(amountMicros, { day: '2026-11-20', ...changes });

  async function runBoth(first = carrying(), second = first): Promise<void> {
    await run(first);
    await run(second, 4, NEXT);
  }
  const found = async () =>
    (await tables.frozen()).map((frozen) => {
      const { id, state, totalMicros, carriedTo } = frozen.item;
      const { lines } = unpackLines(frozen);
      const carried = lines.flatMap((line) => (line.kind === 'carry_over' ? line.from : []));
      return { id, state, totalMicros, carriedTo, carried };
    });

  /** Nothing is lost and nothing taken twice. */
  async function expectCarriedOnce(): Promise<void> {
    expectSoundTies(await tables.ties());
  }

  test('is taken over by the next package, with its total, once', async () => {
    await tables.rollUp([used(999n)]);
    await run(carrying());
    expect(await found()).toMatchObject([{ state: 'skipped', totalMicros: 999n, carried: [] }]);
    expect(await tables.carries()).toMatchObject([
      { client: 'acme', currency: 'EUR', from: '2026-11-H1.1.acme', amountMicros: 999n },
    ]);
    await expectCarriedOnce();
    await tables.rollUp([usedLater(1n)], NEXT);
    await run(carrying(), 4, NEXT);
    await tables.rollUp([usedLater(1n), usedLater(5_000n, { meter: 'tokens' })], NEXT);
    await run(carrying(), 4, NEXT);
    expect(await found()).toEqual([
      {
        ...{ id: '2026-11-H1.1.acme', state: 'skipped', totalMicros: 999n },
        ...{ carriedTo: '2026-11-H2.1.acme', carried: [] },
      },
      {
        ...{ id: '2026-11-H2.1.acme', state: 'packaged', totalMicros: 1_000n },
        ...{ carriedTo: undefined, carried: ['2026-11-H1.1.acme'] },
      },
      {
        ...{ id: '2026-11-H2.2.acme', state: 'packaged', totalMicros: 5_000n },
        ...{ carriedTo: undefined, carried: [] },
      },
    ]);
    expect(await tables.carries()).toEqual([]);
    await expectCarriedOnce();
  });

  test('goes on through packages that are not sent either, and below zero', async () => {
    await tables.rollUp([used(-700n, { source: 'reversal' })]);
    await tables.rollUp([usedLater(600n)], NEXT);
    await runBoth();
    await tables.rollUp([used(-700n, { source: 'reversal' }), used(1_100n, { meter: 'late' })]);
    await run(carrying());
    expect(await found()).toMatchObject([
      { state: 'skipped', totalMicros: -700n, carriedTo: '2026-11-H2.1.acme' },
      { state: 'packaged', totalMicros: 1_000n, carried: ['2026-11-H2.1.acme'] },
      { state: 'skipped', totalMicros: -100n, carriedTo: '2026-11-H1.2.acme' },
    ]);
    await expectCarriedOnce();
  });

  test('says how much of it is paid already, and so does what takes it over', async () => {
    await tables.rollUp([
      used(600n, { source: 'prepaid' }),
      used(300n),
      used(-100n, { source: 'reversal' }),
    ]);
    await run(carrying());
    const left = { amountMicros: 800n, paidMicros: 500n };
    expect(await tables.carries()).toMatchObject([left]);
    await tables.rollUp([usedLater(300n, { source: 'prepaid' })], NEXT);
    await run(carrying(), 4, NEXT);
    expect(await tables.packages()).toMatchObject([
      { totalMicros: 800n, paidMicros: 500n },
      { totalMicros: 1_100n, paidMicros: 800n },
    ]);
    const [, taker] = (await tables.frozen()).map((frozen) => unpackLines(frozen).lines);
    expect(taker?.at(-1)).toEqual({ kind: 'carry_over', from: '2026-11-H1.1.acme', ...left });
    await expectCarriedOnce();
  });

  test('is of one client and currency: names that begin alike do not share it', async () => {
    const names = ['acme', 'acme.eu', 'acme-1', 'acm'];
    const changes = names.map((client) => ({ client }));
    await tables.rollUp(changes.map((change) => used(10n, change)));
    await run(carrying());
    await tables.rollUp(
      [usedLater(2_000n), usedLater(2_000n, { client: 'acme-1', currency: 'USD' })],
      NEXT,
    );
    await run(carrying(), 1, NEXT);
    expect((await found()).filter(({ id }) => id.startsWith(NEXT))).toMatchObject([
      { id: '2026-11-H2.1.acme', totalMicros: 2_010n },
      { id: '2026-11-H2.1.acme-1', totalMicros: 2_000n, carried: [] },
    ]);
    expect((await tables.carries()).map(({ client }) => client).sort()).toEqual([
      'acm',
      'acme-1',
      'acme.eu',
    ]);
    await expectCarriedOnce();
  });

  test('stays where nothing is carried over, and costs a package that has to do with none of it nothing', async () => {
    const writes: string[] = [];
    const counting = interceptedDynamo((command) => {
      writes.push(command);
    });
    await tables.rollUp([used(999n)]);
    await run(tables.packaging(undefined, { ...RULES, carriesOver: false }));
    await tables.rollUp([usedLater(5_000n)], NEXT);
    await run(carrying(counting), 4, NEXT);
    expect(await found()).toMatchObject([
      { state: 'skipped', carriedTo: undefined },
      { state: 'packaged', totalMicros: 5_000n, carried: [] },
    ]);
    expect(writes.filter((command) => !['Query', 'Scan'].includes(command))).toEqual([
      'PutItem',
      'PutItem',
      'DeleteItem',
    ]);
    await expectCarriedOnce();
  });

  test('is taken once by two runs at once, of one half month or of two', async () => {
    const names = clients(12);
    await tables.rollUp(names.map((client) => used(10n, { client })));
    await run(carrying());
    const late = names.map((client) => used(2_000n, { client, meter: 'late' }));
    const later = names.map((client) => usedLater(2_000n, { client }));
    await tables.rollUp([...names.map((client) => used(10n, { client })), ...late]);
    await tables.rollUp(later, NEXT);
    await Promise.all([
      run(carrying()),
      run(carrying(), 3),
      run(carrying(), 4, NEXT),
      run(carrying(), 5, NEXT),
    ]);
    const all = await found();
    expect(all).toHaveLength(36);
    expect(all.flatMap(({ carried }) => carried)).toHaveLength(12);
    expect(
      all.reduce(
        (sum, { state, totalMicros }) => sum + (state === 'packaged' ? totalMicros : 0n),
        0n,
      ),
    ).toBe(12n * 4_010n);
    await expectCarriedOnce();
  });

  test('is not taken by one that was overtaken by another that took it', async () => {
    await tables.rollUp([used(10n)]);
    await run(carrying());
    await tables.rollUp([usedLater(2_000n)], NEXT);
    const slow = pausingDynamo('TransactWriteItems');
    const overtaken = run(carrying(slow.dynamo), 4, NEXT);
    await slow.paused;
    await tables.rollUp([used(10n), used(3_000n, { meter: 'late' })]);
    await run(carrying());
    slow.letGo();
    await overtaken;
    expect(await found()).toMatchObject([
      { carriedTo: '2026-11-H1.2.acme' },
      { totalMicros: 3_010n, carried: ['2026-11-H1.1.acme'] },
      { totalMicros: 2_000n, carried: [] },
    ]);
    await expectCarriedOnce();
  });

  test('is neither lost nor doubled by a run that dies after any write', async () => {
    let deaths = 0;
    for (let writes = 0; ; writes++) {
      const client = `a-${writes}`;
      await tables.rollUp([used(10n, { client }), used(20n, { client, currency: 'USD' })]);
      await tables.rollUp(
        [usedLater(2_000n, { client }), usedLater(-5n, { client, currency: 'USD' })],
        NEXT,
      );
      const { dynamo, isDead } = dyingDynamo(writes);
      const survived = await runBoth(carrying(dynamo)).then(
        () => true,
        () => false,
      );
      await expectCarriedOnce();
      expect(survived).toBe(!isDead());
      if (survived) break;
      deaths += 1;
      await runBoth();
      const own = (await found()).filter(({ id }) => id.endsWith(client));
      expect(own).toMatchObject([
        { state: 'skipped', totalMicros: 10n, carriedTo: `2026-11-H2.1.${client}` },
        { state: 'packaged', totalMicros: 20n },
        { state: 'packaged', totalMicros: 2_010n },
        { state: 'skipped', totalMicros: -5n },
      ]);
      await expectCarriedOnce();
    }
    // Two packages with their lines, and a usage mark, in each half month.
    expect(deaths).toBe(10);
  });
});

describe('the chunks of a plan', () => {
  const names = clients(30);
  const order = names
    .map((client) => ({ shard: shardOf(client, SHARDS), client }))
    .sort((a, b) => a.shard - b.shard || (a.client < b.client ? -1 : 1));
  type Place = (typeof order)[number];
  const isBefore = (a: Place, b: Place) =>
    a.shard < b.shard || (a.shard === b.shard && a.client < b.client);

  test('hold every marked client once, whatever their size, also across and inside shards', async () => {
    await tables.usage.put(
      ...order.map(({ shard, client }) => usageMarkItem(PERIOD, shard, client)),
    );
    for (const size of [1, 2, 3, 7, 29, 30, 31, 1_000]) {
      const chunks = await cut(tables.usage, size);
      expect(chunks).toHaveLength(Math.ceil(names.length / size));
      const held = chunks.map(({ from, to }) =>
        order.filter((place) => !isBefore(place, from) && isBefore(place, to)),
      );
      expect(held.flat()).toEqual(order);
      expect(held.slice(0, -1).every((places) => places.length === size)).toBe(true);
      chunks.forEach(({ to }, index) => {
        expect(to).toEqual(chunks[index + 1]?.from ?? { shard: SHARDS, client: '' });
      });
    }
  });

  test('are run to their bounds: each packages its own clients and no others', async () => {
    await tables.rollUp(usageOfClients(names));
    const packaging = tables.packaging();
    const chunks = await cut(packaging.usage, 4);
    // Backwards, so that no earlier chunk has cleared the marks before its own.
    for (const [index, chunk] of [...chunks.entries()].reverse()) {
      const before = new Set((await tables.packages()).map(({ client }) => client));
      await packageChunk(packaging, chunk);
      const after = new Set((await tables.packages()).map(({ client }) => client));
      const own = order.slice(index * 4, index * 4 + 4).map(({ client }) => client);
      expect([...after.difference(before)].sort()).toEqual(own.sort());
    }
    await expectBilledOnce(usageOfClients(names));
  });

  test('are cut off behind the most that fit; the last whole one ends where the next plan begins', async () => {
    await tables.usage.put(
      ...order.map(({ shard, client }) => usageMarkItem(PERIOD, shard, client)),
    );
    const all = await cut(tables.usage, 4);
    for (const maxChunks of [1, 2, 6]) {
      const some = await planChunks(tables.usage, SHARDS, PERIOD, { capacity: 4, maxChunks });
      expect(some.length).toBeGreaterThan(maxChunks);
      expect(some.slice(0, maxChunks)).toEqual(all.slice(0, maxChunks));
    }
  });

  test('share few clients out among all workers', async () => {
    await tables.rollUp(usageOfClients(clients(400)));
    expect(await cut(tables.usage, 3_000)).toHaveLength(4);
  });

  test('are none where nobody has anything to package', async () => {
    expect(await cut(tables.usage, 10)).toEqual([]);
  });
});

describe('a run is planned for', () => {
  const periods = ['2026-10-H2', '2026-11-H1', '2026-11-H2', '2026-12-H1'];
  const planned = async (request: RunRequest, at = '2026-11-20T12:00:00Z', timeZone = 'UTC') => {
    const packaging = { ...tables.packaging(), nowMs: () => Date.parse(at) };
    const { chunks } = await planRun({ ...packaging, timeZone, worker: WORKER }, request);
    return chunks.map(({ period }) => period);
  };

  beforeEach(async () => {
    for (const period of periods) await tables.rollUp([usageSum()], period);
  });

  test('all half months that have ended, oldest first', async () => {
    expect(await planned({})).toEqual(['2026-10-H2', '2026-11-H1']);
  });

  test('the running one too, as of now, when asked', async () => {
    expect(await planned({ includeRunning: true })).toEqual(periods.slice(0, 3));
  });

  describe('those of years at the cost of those with something to package', () => {
    const years = Array.from(
      { length: 24 },
      (_, month) =>
        `${2024 + Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, '0')}-H1`,
    );
    const old = years[0] as string;
    const plan = async (dynamo: Dynamo = tables.usage.dynamo) => {
      const packaging = { ...tables.packaging(dynamo), timeZone: 'UTC', worker: WORKER };
      const { chunks } = await planRun(packaging, {});
      return [...new Set(chunks.map(({ period }) => period))];
    };
    const lookedAt = async () => {
      const found = new Set<string>();
      const dynamo = interceptedDynamo((_, { ExpressionAttributeValues: values }) => {
        const partition = String((values as Record<string, unknown> | undefined)?.[':pk']);
        if (partition.startsWith('USAGE#')) found.add(partition.split('#')[1] as string);
      });
      await plan(dynamo);
      return [...found].sort();
    };
    const packageAll = async () => {
      for (const period of [...years, ...periods]) await run(tables.packaging(), 100, period);
    };

    beforeEach(async () => {
      await pMap(years, (period) => tables.rollUp([usageSum()], period), { concurrency: 8 });
    });

    test('one in which nobody is marked any more is not looked at again, until somebody is', async () => {
      expect(await plan()).toEqual([...years, ...periods.slice(0, 2)]);
      await packageAll();
      expect(await plan()).toEqual([]);
      expect(await lookedAt()).toEqual([...years.slice(-4), ...periods.slice(0, 2)]);
      await tables.rollUp([usageSum({ meter: 'late' })], old);
      expect(await lookedAt()).toContain(old);
      expect(await plan()).toEqual([old]);
    });

    test('one in which somebody is marked meanwhile stays, whatever is read of it', async () => {
      await packageAll();
      const slow = pausingDynamo('DeleteItem');
      const stale = plan(slow.dynamo);
      await slow.paused;
      await tables.rollUp([usageSum({ meter: 'late' })], old);
      slow.letGo();
      await stale;
      expect(await plan()).toEqual([old]);
    });
  });

  test('one half month alone, when asked', async () => {
    expect(await planned({ period: '2026-11-H2' })).toEqual(['2026-11-H2']);
    expect(await planned({ period: '2026-09-H1' })).toEqual([]);
  });

  test('what has ended in the billing time zone', async () => {
    const at = '2026-11-16T04:59:59Z';
    expect(await planned({}, at, 'UTC')).toEqual(['2026-10-H2', '2026-11-H1']);
    expect(await planned({}, at, 'America/New_York')).toEqual(['2026-10-H2']);
    expect(await planned({}, '2026-11-16T05:00:00Z', 'America/New_York')).toEqual([
      '2026-10-H2',
      '2026-11-H1',
    ]);
  });
});
