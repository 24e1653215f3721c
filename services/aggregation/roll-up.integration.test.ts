import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { SealedBatch } from '#shared/contracts/sealed-batch.ts';
import { halfMonthOf } from '#shared/domain/billing-period.ts';
import type { LedgerEvent } from '#shared/domain/ledger-event.ts';
import { foldUsage, usageOf } from '#shared/domain/usage.ts';
import type { Item } from '#shared/platform/dynamo.ts';
import { dyingDynamo, pausingDynamo } from '#shared/testing/intercepted-dynamo.ts';
import { createOwnTable, type OwnTable } from '#shared/testing/own-table.ts';
import {
  dailyItem,
  deltaItem,
  dirtyItem,
  ledgerItem,
  periodItem,
  usageMarkItem,
} from '#shared/testing/stored-usage.ts';
import { consumeBatch } from './consume-batch.ts';
import { planRollUp, rollUpShard } from './roll-up.ts';
import { mixedEvents, sealedBatch, usageEvent } from './testing/batches.ts';

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

type Kind = 'DELTA' | 'CLIENT' | 'DIRTY' | 'USAGE' | 'PERIODS';

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

/** At rest the table holds the folds of all batches, says who has something to package, and nothing is dirty. */
async function expectFolded(...batches: readonly SealedBatch[]): Promise<void> {
  const sums = [...foldUsage(usageOf(batches.flatMap((batch) => batch.events))).values()];
  const shardOfClient = new Map(
    batches.flatMap(({ shard, events }) => events.map(({ client }) => [client, shard] as const)),
  );
  const marks = sums.map(({ client, day }) =>
    usageMarkItem(halfMonthOf(day), shardOfClient.get(client) as number, client, 'any'),
  );
  const periods = sums.map(({ day }) => periodItem(halfMonthOf(day)));
  expect(await stored('CLIENT', 'USAGE', 'PERIODS', 'DIRTY')).toEqual(
    byKey([...sums.map(dailyItem), ...marks, ...periods]),
  );
}

describe('what aggregation stores', () => {
  test('is what other services start their tests from', async () => {
    const event = usageEvent({ client: 'acme', day: '2026-11-09' });
    const batch = sealedBatch(7, [event]);
    const [sum] = [...usageOf([event])];
    if (!sum) throw new Error('no sum');
    await consume(batch);
    expect(await ledger.items()).toEqual([ledgerItem(batch)]);
    const delta = deltaItem(sum, 7, batch.batch);
    expect(await stored('DELTA', 'DIRTY')).toEqual([delta, dirtyItem(7, '2026-11-09', 'any')]);
    await rollUpShard(usage, 7);
    expect(await stored('DELTA', 'CLIENT', 'DIRTY', 'USAGE', 'PERIODS')).toEqual([
      dailyItem(sum),
      delta,
      periodItem('2026-11-H1'),
      usageMarkItem('2026-11-H1', 7, 'acme', 'any'),
    ]);
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

  test('takes off what was given back, on the day of the reversal, also below zero', async () => {
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
      { day: '2026-11-15', events: 2n, amountMicros: 100_000n, quantityMicros: 1_500_000n },
      { day: '2026-11-16', events: 1n, amountMicros: -50_000n, quantityMicros: -500_000n },
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
    // Six daily records, the period, the usage marks, the dirty marks.
    expect(batches.length).toBeGreaterThan(9);
    await expectFolded(...batches);
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
