import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { freezePackage } from '#services/packaging/public.ts';
import { encodeEvent, type SealedBatch } from '#shared/contracts/sealed-batch.ts';
import { foldBalances } from '#shared/domain/conservation.ts';
import type { LedgerEvent } from '#shared/domain/ledger-event.ts';
import { hashLeaf } from '#shared/domain/merkle.ts';
import { type PackageLine, paidOf, totalOf } from '#shared/domain/package-line.ts';
import { shardName, shardOf } from '#shared/domain/shard.ts';
import { type DailyRecord, foldUsage, type UsageSum, usageOf } from '#shared/domain/usage.ts';
import { dailyRecordsOf, deltasOf, type KeptDelta } from '#shared/domain/usage-tree.ts';
import type { Item } from '#shared/platform/dynamo.ts';
import type { RedisClient } from '#shared/platform/redis.ts';
import { connectOwnRedis } from '#shared/testing/own-redis.ts';
import { createOwnTable, type OwnTable } from '#shared/testing/own-table.ts';
import {
  dailyItem,
  deltaItem,
  dirtyItem,
  entryItems,
  foldItem,
  ledgerItem,
  periodItem,
  usageMarkItem,
} from '#shared/testing/stored-usage.ts';
import { AT_REST, type Audit, auditConservation, persisting } from './audit-conservation.ts';

const SHARDS = 8;
const DATABASE = 12;
const PERIOD = '2026-11-H1';
let redis: RedisClient;
let ledger: OwnTable;
let entries: OwnTable;
let usage: OwnTable;
let invoices: OwnTable;
let audit: Audit;

beforeAll(async () => {
  redis = await connectOwnRedis(DATABASE);
});
afterAll(() => redis.quit());
beforeEach(async () => {
  [ledger, entries, usage, invoices] = (await Promise.all(
    ['ledger', 'entries', 'usage', 'invoices'].map((name) => createOwnTable(name)),
  )) as [OwnTable, OwnTable, OwnTable, OwnTable];
  audit = {
    sources: { ledger, entries, usage, packages: invoices },
    accounts: { redis, shards: SHARDS },
  };
  await seed();
});
afterEach(async () => {
  const tables = [ledger, entries, usage, invoices];
  await Promise.all([...tables.map((table) => table.remove()), redis.flushdb()]);
});

const base = { currency: 'EUR', occurredAtMs: 1, recordedAtMs: 2 };
const metered = { meter: 'sms', day: '2026-11-03', quantityMicros: 1_000_000n };

/** One batch of one client: its opening, a top-up, charges and usage on two days. */
function batchOf(client: string): SealedBatch {
  const event = { ...base, client };
  const events: LedgerEvent[] = [
    { ...event, kind: 'opening', id: 'o', amountMicros: 900n, balanceMicros: 900n },
    { ...event, ...metered, kind: 'charge', id: 'c-1', amountMicros: 40n, balanceMicros: 860n },
    { ...event, ...metered, kind: 'charge', id: 'c-2', amountMicros: 60n, balanceMicros: 800n },
    { ...event, kind: 'adjustment', id: 'a', amountMicros: -5n, balanceMicros: 795n },
    { ...event, kind: 'top_up', id: 't', amountMicros: 100n, balanceMicros: 895n },
    {
      ...{ ...event, kind: 'hold', id: 'h', amountMicros: 30n, expiresAtMs: 9 },
      ...{ balanceMicros: 895n, heldMicros: 30n },
    },
    {
      ...{ ...event, kind: 'release', id: 'l', amountMicros: 30n, holdId: 'h' },
      ...{ balanceMicros: 895n, heldMicros: 0n },
    },
    {
      ...{ ...event, kind: 'hold', id: 'h-2', amountMicros: 20n, expiresAtMs: 9 },
      ...{ balanceMicros: 895n, heldMicros: 20n },
    },
    { ...event, ...metered, kind: 'usage', id: 'u-1', origin: 'app', amountMicros: 7n },
    {
      ...event,
      ...metered,
      kind: 'usage',
      id: 'u-2',
      origin: 'app',
      amountMicros: 8n,
      day: '2026-11-02',
    },
  ];
  return {
    batch: `01K0000000000000000000${client.padStart(4, '0').toUpperCase()}`,
    shard: shardOf(client, SHARDS),
    events,
  };
}

const CLIENTS = ['acme', 'b', 'c'];
const DAYS = ['2026-11-02', '2026-11-03'];
const accountKey = (client: string) => `{${shardName(shardOf(client, SHARDS))}}:account:${client}`;
/** A package as it lies in the table: its lines, and itself. */
const packageItems = (
  client: string,
  revision: number,
  lines: readonly PackageLine[],
  changes: Item = {},
): Item[] => {
  const { item, packed } = freezePackage(
    {
      ...{ id: `${PERIOD}.${revision}.${client}`, client, period: PERIOD, revision },
      ...{ currency: 'EUR', lines, totalMicros: totalOf(lines), paidMicros: paidOf(lines) },
    },
    1,
  );
  return [{ ...packed }, { ...item, state: 'accepted', ...changes }];
};
const linesOf = (sums: readonly UsageSum[]): PackageLine[] =>
  sums.map((sum) => ({ ...sum, kind: 'usage' }));
const sumsOf = ({ events }: SealedBatch) => [...foldUsage(usageOf(events)).values()];
const deltasIn = ({ batch, events }: SealedBatch): KeptDelta[] =>
  deltasOf(events, events.map(encodeEvent)).map((delta) => ({ ...delta, batch }));
const [acme] = CLIENTS.map(batchOf) as [SealedBatch];
/** The sum that tests tamper with: acme's prepaid messages of the third. */
const target = deltasIn(acme).find(({ source }) => source === 'prepaid') as KeptDelta;
const [record] = dailyRecordsOf([target]) as [DailyRecord];

async function seed(): Promise<void> {
  const batches = CLIENTS.map(batchOf);
  for (const batch of batches) {
    const [client] = batch.events.map((event) => event.client) as [string];
    const sums = sumsOf(batch);
    await ledger.put(ledgerItem(batch));
    await entries.put(...entryItems(batch));
    const deltas = deltasIn(batch);
    await usage.put(...deltas.map((delta) => deltaItem(delta, batch.shard, batch.batch)));
    await usage.put(...dailyRecordsOf(deltas).map(dailyItem));
    await invoices.put(...packageItems(client, 1, linesOf(sums)));
    for (const { sumMicros, heldMicros } of foldBalances(batch.events, AT_REST).values()) {
      const state = { balance: sumMicros.toString(), held: heldMicros.toString() };
      await redis.hset(accountKey(client), { currency: 'EUR', ...state });
    }
  }
  for (const [shard, ofShard] of Map.groupBy(batches, (batch) => batch.shard)) {
    const ids = ofShard.map(({ batch }) => batch).sort();
    await usage.put(...DAYS.map((day) => foldItem(day, shard, { n: 1, batches: ids })));
  }
  await usage.put(periodItem(PERIOD));
}

/** Each difference as `client day meter: stage amount, stage amount`. */
async function found(): Promise<string[]> {
  const { differences } = await auditConservation(audit, AT_REST);
  return differences.map(
    ({ key, left, right }) =>
      `${key.client} ${key.day} ${key.meter}: ${left.stage} ${left.amountMicros}, ${right.stage} ${right.amountMicros}`,
  );
}

const tampered = { ...record, amountMicros: record.amountMicros + 1n };
const deltaOf = (delta: KeptDelta) => deltaItem(delta, acme.shard, acme.batch);
const remove = ({ dynamo, table }: OwnTable, { pk, sk }: Item) =>
  dynamo.send(new DeleteCommand({ TableName: table, Key: { pk, sk } }));

test('a healthy pipeline shows no differences, and its totals by currency', async () => {
  const report = await auditConservation(audit, AT_REST);
  expect(report).toMatchObject({
    differences: [],
    balances: [],
    entries: [],
    trees: [],
    accounts: CLIENTS.length,
  });
  const totals = { EUR: '0.000345' };
  expect(report.totals).toEqual({
    ledger: totals,
    deltas: totals,
    'daily records': totals,
    packages: totals,
  });
});

describe('tampering is found, with the client, the day and the meter', () => {
  const at = 'acme 2026-11-03 sms:';

  test.each<[string, () => Promise<unknown>, string[]]>([
    [
      'a delta changed',
      () => usage.put(deltaOf({ ...target, ...tampered })),
      [`${at} ledger 100, deltas 101`, `${at} deltas 101, daily records 100`],
    ],
    [
      'a delta lost',
      () => remove(usage, deltaOf(target)),
      [`${at} ledger 100, deltas 0`, `${at} deltas 0, daily records 100`],
    ],
    [
      'a delta doubled',
      () => usage.put(deltaItem(target, acme.shard, '01K0000000000000000000ZZZZ')),
      [`${at} ledger 100, deltas 200`, `${at} deltas 200, daily records 100`],
    ],
    [
      'a daily record changed',
      () => usage.put(dailyItem(tampered)),
      [`${at} deltas 100, daily records 101`, `${at} daily records 101, packages 100`],
    ],
    [
      'a package line changed',
      () =>
        invoices.put(
          ...packageItems(
            'acme',
            1,
            linesOf([...sumsOf(acme).filter(({ source }) => source !== 'prepaid'), tampered]),
          ),
        ),
      [`${at} daily records 100, packages 101`],
    ],
    [
      'a package line doubled in another package',
      () => invoices.put(...packageItems('acme', 2, linesOf([record]))),
      [`${at} daily records 100, packages 200`],
    ],
    [
      'a ledger batch lost',
      () => remove(ledger, ledgerItem(acme)),
      [
        'acme 2026-11-02 sms: ledger 0, deltas 8',
        `${at} ledger 0, deltas 7`,
        `${at} ledger 0, deltas 100`,
      ],
    ],
  ])('%s', async (_, tamper, expected) => {
    await tamper();
    expect((await found()).sort()).toEqual([...expected].sort());
  });

  test('only the number of events changed', async () => {
    await usage.put(dailyItem({ ...record, events: record.events + 1 }));
    expect(await found()).toHaveLength(2);
  });

  test('a ledger batch changed', async () => {
    const other = ledgerItem({ ...acme, events: acme.events.slice(1) });
    await ledger.put({ ...ledgerItem(acme), events: other.events });
    await expect(auditConservation(audit, AT_REST)).rejects.toThrow(
      `batch ${acme.batch} fails its checksum`,
    );
  });

  test.each<[string, (lines: Item) => Promise<unknown>]>([
    ['changed', (lines) => invoices.put({ ...lines, lines: Buffer.from('no lines') })],
    ['lost', (lines) => remove(invoices, lines)],
  ])('the lines of a package %s', async (_, tamper) => {
    const [lines] = packageItems('acme', 1, linesOf(sumsOf(acme)));
    await tamper(lines as Item);
    await expect(auditConservation(audit, AT_REST)).rejects.toThrow(
      `the lines of ${PERIOD}.1.acme`,
    );
  });

  test('a balance changed, or an account lost', async () => {
    await redis.hincrby(accountKey('acme'), 'balance', 1);
    await redis.del(accountKey('b'));
    await redis.hincrby(accountKey('c'), 'held', -1);
    const { balances } = await auditConservation(audit, AT_REST);
    expect([...balances].sort((a, b) => (a.client < b.client ? -1 : 1))).toEqual([
      { client: 'acme', of: 'balance', journalMicros: 895n, foundMicros: 896n },
      { client: 'b', of: 'balance', journalMicros: 895n, foundMicros: undefined },
      { client: 'c', of: 'held', journalMicros: 20n, foundMicros: 19n },
    ]);
  });

  const [entry = {}] = entryItems(acme);
  const TOTALS = { changes: 8, balanceMicros: 895n, heldMicros: 20n };
  test.each<[string, () => Promise<unknown>, object]>([
    [
      'entries lost',
      () => remove(entries, entry),
      { changes: 0, balanceMicros: 0n, heldMicros: 0n },
    ],
    [
      'entries doubled',
      () => entries.put({ ...entry, sk: `${entry.sk}2` }),
      { changes: 16, balanceMicros: 1_790n, heldMicros: 40n },
    ],
    [
      'an entry changed',
      () => {
        const [first, ...rest] = acme.events as [LedgerEvent, ...LedgerEvent[]];
        const changed = [{ ...first, amountMicros: first.amountMicros + 1n }, ...rest];
        return entries.put(...entryItems({ ...acme, events: changed }));
      },
      { ...TOTALS, balanceMicros: 896n },
    ],
  ])('%s', async (_, tamper, expected) => {
    await tamper();
    const report = await auditConservation(audit, AT_REST);
    expect(report).toMatchObject({ differences: [], balances: [] });
    expect(report.entries).toEqual([{ client: 'acme', ledger: TOTALS, entries: expected }]);
  });
});

describe('tampering with the order or the events behind a tree is found', () => {
  const OTHER = hashLeaf('other');
  const fold = (...batches: string[]) => foldItem(target.day, acme.shard, { n: 1, batches });
  const at = { day: target.day, shard: shardName(acme.shard) };
  const ids = CLIENTS.map(batchOf).flatMap(({ shard, batch }) =>
    shard === acme.shard ? [batch] : [],
  );

  test.each<[string, () => Promise<unknown>, object[]]>([
    [
      'another root of a delta',
      () => usage.put(deltaOf({ ...target, root: OTHER })),
      [{ problem: 'tree_differs', recorded: record.tree, implied: { size: 2, root: OTHER } }],
    ],
    [
      'another root of a daily record',
      () => usage.put(dailyItem({ ...record, tree: { size: 2, root: OTHER } })),
      [{ problem: 'tree_differs', recorded: { size: 2, root: OTHER }, implied: record.tree }],
    ],
    [
      'a batch that nobody consumed in a fold',
      () => usage.put(fold(...ids, '01K0000000000000000000ZZZZ')),
      [{ ...at, problem: 'batch_without_delta', of: '01K0000000000000000000ZZZZ' }],
    ],
    [
      'a batch in two folds',
      () => usage.put(foldItem(target.day, acme.shard, { n: 2, batches: [acme.batch] })),
      [{ ...at, problem: 'batch_in_two_folds', of: acme.batch }],
    ],
  ])('%s', async (_, tamper, expected) => {
    await tamper();
    const report = await auditConservation(audit, AT_REST);
    expect(report).toMatchObject({ differences: [], balances: [], entries: [], trees: expected });
    expect(persisting(report, report).trees).toEqual(report.trees);
    await usage.put(dirtyItem(acme.shard, target.day));
    expect((await auditConservation(audit, AT_REST)).trees).toEqual([]);
  });

  test('a fold lost', async () => {
    await remove(usage, fold());
    const { trees } = await auditConservation(audit, AT_REST);
    expect(trees).toContainEqual({ ...at, problem: 'batch_in_no_fold', of: acme.batch });
  });
});

type Changes = Item & { readonly lines?: readonly PackageLine[] };

describe('what goes from package to package', () => {
  const id = (revision: number) => `${PERIOD}.${revision}.acme`;
  const acmePackage = (revision: number, { lines = [], ...changes }: Changes = {}): Item[] =>
    packageItems('acme', revision, lines, changes);
  const skipped: Changes = {
    state: 'skipped',
    lines: [{ kind: 'correction', description: 'x', amountMicros: 40n }],
  };
  const left = { ...skipped, isLeft: true };
  const carrying = (from: string, amountMicros = 40n, paidMicros = 0n): Changes => ({
    lines: [{ kind: 'carry_over', from, amountMicros, paidMicros }],
  });
  const mark = (from: string, amountMicros = 40n, paidMicros = 0n): Item => ({
    ...{ pk: 'CARRY#s000', sk: `acme#EUR#${from}`, client: 'acme', currency: 'EUR' },
    ...{ from, amountMicros, paidMicros },
  });
  const lines = linesOf(sumsOf(acme));
  const superseded = acmePackage(1, { lines, state: 'superseded', supersededBy: id(2) });
  const correction = acmePackage(2, { lines, corrects: id(1) });

  test.each<[string, Item[]]>([
    ['left and open', [...acmePackage(2, left), mark(id(2))]],
    [
      'left and taken over',
      [...acmePackage(2, { ...left, carriedTo: id(3) }), ...acmePackage(3, carrying(id(2)))],
    ],
    ['skipped for good', [...acmePackage(2, skipped)]],
    ['corrected', [...superseded, ...correction]],
    [
      'taken over by one that was corrected',
      [
        ...acmePackage(2, { ...left, carriedTo: id(4) }),
        ...acmePackage(3, { ...carrying(id(2)), state: 'superseded', supersededBy: id(4) }),
        ...acmePackage(4, { ...carrying(id(2)), corrects: id(3) }),
      ],
    ],
  ])('is right where it is %s', async (_, items) => {
    await invoices.put(...items);
    expect(await auditConservation(audit, AT_REST)).toMatchObject({
      differences: [],
      packages: [],
    });
  });

  test.each<[string, Item[], string[]]>([
    ['lost', [...acmePackage(2, left)], ['2 left_and_not_open']],
    [
      'open and taken over',
      [
        ...acmePackage(2, { ...left, carriedTo: id(3) }),
        ...acmePackage(3, carrying(id(2))),
        mark(id(2)),
      ],
      ['2 left_and_not_open'],
    ],
    [
      'taken over twice',
      [
        ...acmePackage(2, { ...left, carriedTo: id(3) }),
        ...acmePackage(3, carrying(id(2))),
        ...acmePackage(4, carrying(id(2))),
      ],
      ['4 line_without_carry'],
    ],
    [
      'taken over with another amount',
      [...acmePackage(2, { ...left, carriedTo: id(3) }), ...acmePackage(3, carrying(id(2), 41n))],
      ['3 line_without_carry'],
    ],
    [
      'taken over with another part of it paid',
      [
        ...acmePackage(2, { ...left, carriedTo: id(3) }),
        ...acmePackage(3, carrying(id(2), 40n, 1n)),
      ],
      ['3 line_without_carry'],
    ],
    [
      'another total than that of its lines',
      acmePackage(2, { totalMicros: 1n }),
      ['2 sums_not_of_lines'],
    ],
    ['paid otherwise than its lines', acmePackage(2, { paidMicros: 1n }), ['2 sums_not_of_lines']],
    [
      'open with another part of it paid',
      [...acmePackage(2, left), mark(id(2), 40n, 1n)],
      ['2 mark_without_package'],
    ],
    [
      'taken over by a package that does not say so',
      [...acmePackage(2, { ...left, carriedTo: id(3) }), ...acmePackage(3)],
      ['2 carried_without_line'],
    ],
    [
      'open with another amount',
      [...acmePackage(2, left), mark(id(2), 41n)],
      ['2 mark_without_package'],
    ],
    ['open though it was sent', [mark(id(1))], ['1 mark_without_package']],
    ['superseded by nothing', superseded, ['1 superseded_without_successor']],
    ['a correction of what stands', correction, ['2 correction_without_superseded']],
  ])('is found where it is %s', async (_, items, expected) => {
    await invoices.put(...items);
    const { packages } = await auditConservation(audit, AT_REST);
    expect(packages.map(({ invoice, problem }) => `${invoice.split('.')[1]} ${problem}`)).toEqual(
      expected,
    );
  });
});

describe('what is still moving is left out', () => {
  test('a day that is to be rolled up', async () => {
    await usage.put(dailyItem(tampered), dirtyItem(acme.shard, target.day));
    expect(await found()).toEqual([]);
  });

  test('daily records that are to be packaged', async () => {
    await invoices.put(...packageItems('acme', 1, []));
    expect(await found()).not.toEqual([]);
    await usage.put(usageMarkItem(PERIOD, acme.shard, 'acme'));
    expect(await found()).toEqual([]);
  });

  test('but a delta that is lost shows before its half month is packaged', async () => {
    await remove(usage, deltaOf(target));
    await usage.put(usageMarkItem(PERIOD, acme.shard, 'acme'));
    expect(await found()).toHaveLength(2);
  });

  test('only there: marks of others hide nothing', async () => {
    await invoices.put(...packageItems('acme', 1, []));
    await usage.put(
      usageMarkItem(PERIOD, shardOf('b', SHARDS), 'b'),
      usageMarkItem('2026-11-H2', acme.shard, 'acme'),
      dirtyItem(acme.shard, '2026-11-01'),
    );
    expect(await found()).not.toEqual([]);
  });

  test('nor does a day that another shard has still to roll up', async () => {
    await usage.put(dailyItem(tampered), dirtyItem((acme.shard + 1) % SHARDS, target.day));
    expect(await found()).toHaveLength(2);
  });
});

describe('a client that is charged all the time', () => {
  const BUSY = 'busy';
  const SHARD = shardOf(BUSY, SHARDS);
  const SETTLED_UNTIL_MS = 60_000;
  const PRICE = 10n;

  /** The opening at 0 s and then a charge every second, one batch each. */
  function journal(seconds: number): SealedBatch[] {
    return Array.from({ length: seconds + 1 }, (_, second) => {
      const event = { ...base, client: BUSY, id: `${second}`, recordedAtMs: second * 1_000 };
      const balanceMicros = 1_000_000n - PRICE * BigInt(second);
      return {
        batch: `01K00000000000000BUSY${String(second).padStart(5, '0')}`,
        shard: SHARD,
        events: [
          second === 0
            ? { ...event, kind: 'opening', amountMicros: balanceMicros, balanceMicros }
            : { ...event, ...metered, kind: 'charge', amountMicros: PRICE, balanceMicros },
        ],
      };
    });
  }

  /** The ledger as it is at a second: batches `missing` have not arrived. The balance in Redis is further on. */
  async function at(second: number, missing: readonly number[] = []): Promise<void> {
    const batches = journal(second).filter((_, index) => !missing.includes(index));
    await Promise.all(batches.map((batch) => ledger.put(ledgerItem(batch))));
    const balance = 1_000_000n - PRICE * BigInt(second + 3);
    await redis.hset(accountKey(BUSY), { currency: 'EUR', balance: balance.toString() });
  }

  const look = () => auditConservation(audit, SETTLED_UNTIL_MS);

  test('is healthy while charges are on their way, which they are at both looks', async () => {
    await at(120, [118, 116]);
    expect((await look()).balances).toEqual([]);
    await at(185, [184]);
    expect((await look()).balances).toEqual([]);
  });

  test('has lost one charge for good: found, though what is on its way differs each time', async () => {
    await at(120, [30, 117]);
    const first = await look();
    await at(185, [30, 182, 183]);
    const { balances } = persisting(first, await look());
    expect(balances).toEqual([
      { client: BUSY, of: 'balance', journalMicros: 999_410n, foundMicros: 999_400n },
    ]);
  });

  test('a batch that was late at the first look has come until the second', async () => {
    await at(120, [59]);
    const first = await look();
    expect(first.balances).toHaveLength(1);
    await at(185);
    expect(persisting(first, await look()).balances).toEqual([]);
  });

  test('at rest its balance is compared with Redis, like all', async () => {
    await at(120);
    const { balances } = await auditConservation(audit, AT_REST);
    expect(balances).toEqual([
      { client: BUSY, of: 'balance', journalMicros: 998_800n, foundMicros: 998_770n },
    ]);
  });

  test('has been opened just now: nothing to compare yet', async () => {
    const [opening] = journal(0) as [SealedBatch];
    const [event] = opening.events as [LedgerEvent];
    await ledger.put(ledgerItem({ ...opening, events: [{ ...event, recordedAtMs: 61_000 }] }));
    expect(await look()).toMatchObject({ balances: [], accounts: CLIENTS.length + 1 });
  });

  test('others, which are at rest, are compared with Redis', async () => {
    await at(120);
    await redis.hincrby(accountKey('acme'), 'balance', 1);
    expect((await look()).balances).toEqual([
      { client: 'acme', of: 'balance', journalMicros: 895n, foundMicros: 896n },
    ]);
  });

  test('entries that are on their way are not missed, those that have settled are', async () => {
    await at(120);
    const arrived = journal(120).slice(0, 90);
    await entries.put(...arrived.flatMap((batch) => entryItems(batch)));
    expect((await look()).entries).toEqual([]);
    const [lost] = entryItems(arrived[30] as SealedBatch);
    await remove(entries, lost as Item);
    expect((await look()).entries).toMatchObject([
      { client: BUSY, ledger: { changes: 61 }, entries: { changes: 60 } },
    ]);
  });
});
