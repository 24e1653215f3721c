import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { encodeEvent, type SealedBatch } from '#shared/contracts/sealed-batch.ts';
import { halfMonthOf } from '#shared/domain/billing-period.ts';
import type { LedgerEvent } from '#shared/domain/ledger-event.ts';
import { treeDifferences } from '#shared/domain/tree-differences.ts';
import { type DailyRecord, foldUsage, usageKeyOf, usageOf } from '#shared/domain/usage.ts';
import {
  dailyRecordsOf,
  deltasOf,
  inOrderOfArrival,
  orderOfArrival,
  prefixOf,
} from '#shared/domain/usage-tree.ts';
import type { Item } from '#shared/platform/dynamo.ts';
import { dyingDynamo, pausingDynamo } from '#shared/testing/intercepted-dynamo.ts';
import { createOwnTable, type OwnTable } from '#shared/testing/own-table.ts';
import {
  dailyItem,
  deltaItem,
  dirtyItem,
  foldItem,
  ledgerItem,
  markedPeriodItem,
  periodItem,
  usageMarkItem,
} from '#shared/testing/stored-usage.ts';
import { consumeBatch } from './consume-batch.ts';
import { planRollUp, rollUpShard } from './roll-up.ts';
import { mixedEvents, sealedBatch, usageEvent } from './testing/batches.ts';
import {
  clearUsageMark,
  putDeltas,
  readDailyRecords,
  readFolds,
  readUsageMarks,
} from './usage-store.ts';

const SHARDS = 32;
let usage: OwnTable;
let ledger: OwnTable;
let entries: OwnTable;

beforeEach(async () => {
  [usage, ledger, entries] = await Promise.all([
    createOwnTable('usage'),
    createOwnTable('ledger'),
    createOwnTable('entries'),
  ]);
});
afterEach(async () => {
  await Promise.all([usage.remove(), ledger.remove(), entries.remove()]);
});

const consume = async (...batches: readonly SealedBatch[]) => {
  for (const batch of batches) await consumeBatch({ ledger, usage, entries }, batch);
};
const through = (dynamo: OwnTable['dynamo']) => ({ dynamo, table: usage.table });

type Kind = 'DELTA' | 'FOLD' | 'CLIENT' | 'DIRTY' | 'USAGE' | 'PERIODS' | 'MARKED';

/** The stored items of the kinds, by key; the value of a mark is random and left out. */
async function stored(...kinds: Kind[]): Promise<Item[]> {
  const items = await usage.items<Item & { pk: string }>();
  return items
    .filter(({ pk }) => kinds.includes(pk.split('#')[0] as Kind))
    .map((item) => ('mark' in item ? { ...item, mark: 'any' } : item));
}

const byKey = (items: readonly Item[]) =>
  [...new Map(items.map((item) => [`${item.pk} ${item.sk}`, item])).entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, item]) => item);

const deltasIn = ({ batch, events }: SealedBatch) =>
  deltasOf(events, events.map(encodeEvent)).map((delta) => ({ ...delta, batch }));

/** The daily records of the batches, with the trees that the stored folds imply. Each batch must be in one fold of each of its days. */
async function expectedRecords(batches: readonly SealedBatch[]): Promise<DailyRecord[]> {
  const records: DailyRecord[] = [];
  const ofShards = Map.groupBy(
    new Map(batches.map((batch) => [batch.batch, batch])).values(),
    ({ shard }) => shard,
  );
  for (const [shard, ofShard] of ofShards) {
    for (const [day, deltas] of Map.groupBy(ofShard.flatMap(deltasIn), (delta) => delta.day)) {
      const folds = await readFolds(usage, day, shard);
      const ofDay = dailyRecordsOf(inOrderOfArrival(deltas, orderOfArrival(folds)));
      const daily = new Map(ofDay.map((record) => [usageKeyOf(record), record]));
      expect([
        ...treeDifferences(
          [{ day, shard: '', folds, deltas: deltas.map((d) => ({ ...d, key: d })) }],
          daily,
        ),
      ]).toEqual([]);
      records.push(...ofDay);
    }
  }
  return records;
}

/** At rest the table holds the folds of all batches, says who has something to package, and nothing is dirty. */
async function expectFolded(...batches: readonly SealedBatch[]): Promise<void> {
  const records = await expectedRecords(batches);
  const sums = records.map(({ tree, ...sum }): [string, object] => [usageKeyOf(sum), sum]);
  const events = new Map(batches.map((batch) => [batch.batch, batch.events])).values();
  expect(new Map(sums)).toEqual(foldUsage(usageOf([...events].flat())));
  const shardOfClient = new Map(
    batches.flatMap(({ shard, events }) => events.map(({ client }) => [client, shard] as const)),
  );
  const marks = records.map(({ client, day }) =>
    usageMarkItem(halfMonthOf(day), shardOfClient.get(client) as number, client, 'any'),
  );
  const periods = records.flatMap(({ day }) => [
    periodItem(halfMonthOf(day)),
    markedPeriodItem(halfMonthOf(day), 'any'),
  ]);
  expect(await stored('CLIENT', 'USAGE', 'PERIODS', 'MARKED', 'DIRTY')).toEqual(
    byKey([...records.map(dailyItem), ...marks, ...periods]),
  );
}

describe('what aggregation stores', () => {
  test('is what other services start their tests from', async () => {
    const event = usageEvent({ client: 'acme', day: '2026-11-09' });
    const batch = sealedBatch(7, [event]);
    const [kept] = deltasIn(batch);
    if (!kept) throw new Error('no delta');
    const { batch: id, ...delta } = kept;
    await consume(batch);
    expect(await ledger.items()).toEqual([ledgerItem(batch)]);
    const item = deltaItem(delta, 7, id);
    expect(await stored('DELTA', 'DIRTY')).toEqual([item, dirtyItem(7, '2026-11-09', 'any')]);
    await rollUpShard(usage, 7);
    const [record] = dailyRecordsOf([kept]) as [DailyRecord];
    const kinds = ['DELTA', 'FOLD', 'CLIENT', 'DIRTY', 'USAGE', 'PERIODS', 'MARKED'] as const;
    expect(await stored(...kinds)).toEqual([
      dailyItem(record),
      item,
      foldItem('2026-11-09', 7, { n: 1, batches: [id] }),
      markedPeriodItem('2026-11-H1', 'any'),
      periodItem('2026-11-H1'),
      usageMarkItem('2026-11-H1', 7, 'acme', 'any'),
    ]);
    expect(await Array.fromAsync(readDailyRecords(usage, 'acme', '2026-11-H1'))).toEqual([record]);
  });
});

describe('a roll-up', () => {
  test('is planned for the shards that are dirty, and for no others', async () => {
    expect(await planRollUp(usage, SHARDS)).toEqual([]);
    await consume(
      sealedBatch(0, mixedEvents(['a'], 3)),
      sealedBatch(9, mixedEvents(['b'], 3)),
      sealedBatch(31, mixedEvents(['c'], 3)),
    );
    expect(await planRollUp(usage, SHARDS)).toEqual([0, 9, 31]);
    await rollUpShard(usage, 9);
    expect(await planRollUp(usage, SHARDS)).toEqual([0, 31]);
  });

  test('folds the deltas of all batches and days of its shard, once', async () => {
    const batches = [
      sealedBatch(3, mixedEvents(['a', 'b'], 20)),
      sealedBatch(3, mixedEvents(['b', 'c'], 20)),
    ];
    const other = sealedBatch(4, mixedEvents(['d'], 5));
    await consume(...batches, other);
    expect(await rollUpShard(usage, 3)).toMatchObject({ days: 3 });
    expect(await rollUpShard(usage, 3)).toEqual({ days: 0, dailyRecords: 0 });
    await rollUpShard(usage, 4);
    await expectFolded(...batches, other);
  });

  test('keeps what was given back apart, on the day of the reversal, below zero', async () => {
    const { origin, ...metered } = usageEvent({ id: 'c-1', day: '2026-11-15' });
    const charge: LedgerEvent = { ...metered, kind: 'charge', balanceMicros: 0n };
    const reversal = (id: string, day: string): LedgerEvent => ({
      ...{ ...charge, kind: 'reversal', id, day, amountMicros: 50_000n, quantityMicros: 500_000n },
      ...{ reversedKind: 'charge', reversedId: 'c-1', reversedMicros: 50_000n },
    });
    const batches = [
      sealedBatch(3, [charge, reversal('r-1', '2026-11-15')]),
      sealedBatch(3, [reversal('r-2', '2026-11-16')]),
    ];
    await consume(...batches);
    await rollUpShard(usage, 3);
    await expectFolded(...batches);
    expect(await stored('CLIENT')).toMatchObject([
      { source: 'prepaid', events: 1n, amountMicros: 150_000n, quantityMicros: 2_000_000n },
      { source: 'reversal', events: 1n, amountMicros: -50_000n, quantityMicros: -500_000n },
      { source: 'reversal', events: 1n, amountMicros: -50_000n, quantityMicros: -500_000n },
    ]);
  });

  test('folds what comes later onto what was folded, also of days long past', async () => {
    const batches = ['2026-11-15', '2026-11-16', '2026-11-15', '2026-08-31', '2026-11-15'].map(
      (day, index) => sealedBatch(3, [usageEvent({ id: `e-${index}`, day })]),
    );
    for (const batch of batches) {
      await consume(batch);
      await rollUpShard(usage, 3);
    }
    await expectFolded(...batches);
  });

  test('may run many times at once', async () => {
    const batches = [
      sealedBatch(3, mixedEvents(['a', 'b', 'c'], 20)),
      sealedBatch(3, mixedEvents(['b', 'c', 'd'], 20)),
    ];
    await consume(...batches);
    await Promise.all(Array.from({ length: 4 }, () => rollUpShard(usage, 3)));
    await expectFolded(...batches);
  });

  test('may run while batches come; a last run leaves nothing out', async () => {
    const batches = Array.from({ length: 12 }, (_, index) =>
      sealedBatch(3, [
        usageEvent({ id: `e-${index}`, amountMicros: 10n ** BigInt(index) }),
        usageEvent({ id: `f-${index}`, day: '2026-11-16', meter: `m${index % 2}` }),
      ]),
    );
    const runs: Promise<unknown>[] = [];
    for (const batch of batches) {
      runs.push(rollUpShard(usage, 3));
      await consume(batch);
    }
    await Promise.all(runs);
    await rollUpShard(usage, 3);
    await expectFolded(...batches);
  });

  test('may die after any write: the next one completes it', async () => {
    const batches: SealedBatch[] = [];
    for (let writes = 0; ; writes++) {
      const shard = writes;
      const batch = sealedBatch(shard, mixedEvents([`a-${shard}`, `b-${shard}`], 3));
      batches.push(batch);
      await consume(batch);
      const { dynamo, isDead } = dyingDynamo(writes);
      const survived = await rollUpShard(through(dynamo), shard).then(
        () => true,
        () => false,
      );
      expect(survived).toBe(!isDead());
      if (survived) break;
      expect(await planRollUp(usage, shard + 1)).toEqual([shard]);
      await rollUpShard(usage, shard);
    }
    // Three folds, six daily records, the period, the usage marks, the mark of the period, what is announced, the dirty marks.
    expect(batches.length).toBeGreaterThan(12);
    await expectFolded(...batches);
  }, 30_000);
});

describe('what comes late for one client of a shard', () => {
  const early = sealedBatch(3, [usageEvent({ client: 'a' }), usageEvent({ client: 'b' })]);
  const late = sealedBatch(3, [usageEvent({ client: 'b', id: 'late' })]);
  const marked = async () => (await stored('USAGE')).map(({ sk }) => sk);
  /** As packaging leaves it: nobody is marked. */
  const unmark = async () => {
    for (const mark of await Array.fromAsync(readUsageMarks(usage, '2026-11-H1', 3))) {
      await clearUsageMark(usage, '2026-11-H1', 3, mark);
    }
  };
  beforeEach(async () => {
    await consume(early);
    await rollUpShard(usage, 3);
    expect(await marked()).toEqual(['a', 'b']);
    await unmark();
  });

  test('marks that one, and a batch that comes again nobody', async () => {
    await consume(early);
    await rollUpShard(usage, 3);
    expect(await marked()).toEqual([]);
    await consume(late);
    await rollUpShard(usage, 3);
    expect(await marked()).toEqual(['b']);
  });

  test('marks it in any case, wherever a roll-up dies and whoever else is at work', async () => {
    let last = late;
    for (let writes = 0, isDead = true; isDead; writes++) {
      await consume(last);
      const dying = dyingDynamo(writes);
      const slow = pausingDynamo('PutItem');
      const stale = rollUpShard(through(slow.dynamo), 3);
      await slow.paused;
      await rollUpShard(through(dying.dynamo), 3).catch(() => {});
      await rollUpShard(usage, 3);
      slow.letGo();
      await stale;
      expect(await marked()).toEqual(['b']);
      await unmark();
      isDead = dying.isDead();
      last = sealedBatch(3, [usageEvent({ client: 'b', id: `late-${writes}` })]);
    }
    expect(await planRollUp(usage, SHARDS)).toEqual([]);
  });

  test('is marked by a slow roll-up that has its fold from another that died', async () => {
    await consume(late);
    const { dynamo } = dyingDynamo(1);
    await expect(rollUpShard(through(dynamo), 3)).rejects.toThrow('killed');
    await rollUpShard(usage, 3);
    expect(await marked()).toEqual(['b']);
  });
});

describe('a roll-up that is overtaken', () => {
  const first = sealedBatch(3, mixedEvents(['a', 'b'], 20));
  const second = sealedBatch(3, mixedEvents(['b', 'c'], 20));

  test('cannot put back an older fold', async () => {
    await consume(first);
    const slow = pausingDynamo('PutItem');
    const stale = rollUpShard(through(slow.dynamo), 3);
    await slow.paused;
    await consume(second);
    await rollUpShard(usage, 3);
    await expectFolded(first, second);
    slow.letGo();
    await stale;
    await expectFolded(first, second);
  });

  test('leaves a day dirty that was marked again after it was read', async () => {
    await consume(first);
    const slow = pausingDynamo('PutItem');
    const running = rollUpShard(through(slow.dynamo), 3);
    await slow.paused;
    await consume(second);
    slow.letGo();
    await running;
    expect(await planRollUp(usage, SHARDS)).toEqual([3]);
    await rollUpShard(usage, 3);
    await expectFolded(first, second);
  });

  test('leaves the day of a batch dirty that it read itself, for its mark may be older', async () => {
    await consume(first);
    const slow = pausingDynamo('DeleteItem');
    const running = rollUpShard(through(slow.dynamo), 3);
    await slow.paused;
    await consume(first);
    slow.letGo();
    await running;
    expect(await planRollUp(usage, SHARDS)).toEqual([3]);
    await rollUpShard(usage, 3);
    await expectFolded(first);
  });
});

describe('the order of the leaves of a day', () => {
  const DAY = '2026-11-09';
  const ids = [
    '01K0000000000000000000000C',
    '01K0000000000000000000000B',
    '01K0000000000000000000000A',
  ];
  const [late, middle, early] = ids.map((id) =>
    sealedBatch(3, [usageEvent({ id: `e-${id}` }), usageEvent({ id: `f-${id}` })], id),
  ) as [SealedBatch, SealedBatch, SealedBatch];
  const foldsOfDay = () => readFolds(usage, DAY, 3);
  const recordOfDay = async () => {
    const [record, ...others] = await Array.fromAsync(
      readDailyRecords(usage, 'acme', '2026-11-H1'),
    );
    expect(others).toEqual([]);
    return record;
  };
  const headOver = (...batches: readonly SealedBatch[]) =>
    dailyRecordsOf(batches.flatMap(deltasIn))[0]?.tree;

  test('is that of the roll-ups, and of the ids within one: what comes late goes behind', async () => {
    await consume(late);
    await rollUpShard(usage, 3);
    const before = await recordOfDay();
    expect(before?.tree).toEqual(headOver(late));
    await consume(middle, early);
    await rollUpShard(usage, 3);
    expect(await foldsOfDay()).toEqual([
      { n: 1, batches: [late.batch] },
      { n: 2, batches: [early.batch, middle.batch] },
    ]);
    expect((await recordOfDay())?.tree).toEqual(headOver(late, early, middle));
  });

  test('stays as it is when batches come again', async () => {
    await consume(late, middle);
    await rollUpShard(usage, 3);
    const before = [await foldsOfDay(), await recordOfDay()];
    await consume(middle, late);
    await rollUpShard(usage, 3);
    expect([await foldsOfDay(), await recordOfDay()]).toEqual(before);
  });

  test('is written once for a roll-up that finds something new', async () => {
    for (const batch of [late, middle, early]) {
      await consume(batch);
      await rollUpShard(usage, 3);
      await consume(batch);
      await rollUpShard(usage, 3);
    }
    expect((await foldsOfDay()).map(({ n }) => n)).toEqual([1, 2, 3]);
  });

  test('leaves a batch out of which only a part is there, until the rest has come', async () => {
    const both = sealedBatch(3, [usageEvent(), usageEvent({ client: 'b' })], ids[2]);
    const [first] = deltasIn(both);
    if (!first) throw new Error('no delta');
    const { batch, ...delta } = first;
    await putDeltas(usage, 3, batch, [delta]);
    await consume(late);
    await rollUpShard(usage, 3);
    expect(await foldsOfDay()).toEqual([{ n: 1, batches: [late.batch] }]);
    expect((await recordOfDay())?.tree).toEqual(headOver(late));
    await consume(both);
    await rollUpShard(usage, 3);
    await expectFolded(late, both);
  });

  test('is that of the faster of two roll-ups: the slower one reads again', async () => {
    await consume(late);
    const slow = pausingDynamo('PutItem');
    const behind = rollUpShard(through(slow.dynamo), 3);
    await slow.paused;
    await consume(early);
    await rollUpShard(usage, 3);
    slow.letGo();
    await behind;
    expect(await foldsOfDay()).toEqual([{ n: 1, batches: [early.batch, late.batch] }]);
    expect((await recordOfDay())?.tree).toEqual(headOver(early, late));
  });

  test('stands when a roll-up dies before the records: the next one writes them', async () => {
    await consume(late, early);
    const { dynamo } = dyingDynamo(1);
    await expect(rollUpShard(through(dynamo), 3)).rejects.toThrow('killed');
    expect(await foldsOfDay()).toHaveLength(1);
    expect(await recordOfDay()).toBeUndefined();
    await rollUpShard(usage, 3);
    expect(await foldsOfDay()).toHaveLength(1);
    await expectFolded(late, early);
  });

  test('is appended to whatever comes in whatever order, also twice and with roll-ups at once', async () => {
    const batches = Array.from({ length: 12 }, (_, index) =>
      sealedBatch(
        3,
        [
          usageEvent({ id: `e-${index}` }),
          usageEvent({ id: `f-${index}`, client: `c-${index % 3}` }),
        ],
        `01K00000000000000000000${String((index * 7) % 12).padStart(3, '0')}`,
      ),
    );
    const heads = new Map<string, readonly DailyRecord[]>();
    for (const [index, batch] of batches.entries()) {
      await consume(batch, batches[(index * 5) % (index + 1)] as SealedBatch);
      await Promise.all([rollUpShard(usage, 3), rollUpShard(usage, 3)]);
      heads.set(batch.batch, await expectedRecords(batches.slice(0, index + 1)));
    }
    await expectFolded(...batches);
    // Every head that was there is still that of the first leaves.
    const order = orderOfArrival(await foldsOfDay());
    const leaves = inOrderOfArrival(batches.flatMap(deltasIn), order);
    for (const record of [...heads.values()].flat()) {
      const ofKey = leaves.filter((delta) => usageKeyOf(delta) === usageKeyOf(record));
      const first = prefixOf(ofKey, record.events) ?? [];
      expect(dailyRecordsOf(first)).toEqual([record]);
    }
  }, 60_000);
});
