import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { UsageEvent } from './ledger-event.ts';
import { hashLeaf, proofOf, rootFrom, rootOf, treeOver } from './merkle.ts';
import { foldUsage, type UsageSum, usageKeyOf, usageOf } from './usage.ts';
import {
  dailyRecordsOf,
  deltasOf,
  type Fold,
  headOf,
  inOrderOfArrival,
  type KeptDelta,
  newBatches,
  orderOfArrival,
  prefixOf,
} from './usage-tree.ts';

const usage = (id: string, client: string, day: string): UsageEvent => ({
  ...{ kind: 'usage', id, origin: '/app', client, day, meter: 'sms', currency: 'EUR' },
  ...{ amountMicros: BigInt(id.length), quantityMicros: 1n, occurredAtMs: 1, recordedAtMs: 2 },
});
const events = fc.array(
  fc
    .tuple(fc.uuid(), fc.constantFrom('a', 'b'), fc.constantFrom('2026-11-01', '2026-11-02'))
    .map((parts) => usage(...parts)),
  { minLength: 1, maxLength: 12 },
);
const textOf = ({ id, client, day }: UsageEvent) => `${id} ${client} ${day}`;
const keptDeltas = (batch: string, of: readonly UsageEvent[]): KeptDelta[] =>
  deltasOf(of, of.map(textOf)).map((delta) => ({ ...delta, batch }));
const byKey = (sums: Iterable<UsageSum>) => new Map([...sums].map((sum) => [usageKeyOf(sum), sum]));

describe('the deltas of a batch', () => {
  test('are its sums, each with the root over its own events in their order', () => {
    fc.assert(
      fc.property(events, (batch) => {
        const deltas = deltasOf(batch, batch.map(textOf));
        expect(byKey(deltas.map(({ root, batchDeltas, ...sum }) => sum))).toEqual(
          foldUsage(usageOf(batch)),
        );
        for (const { client, day, root, batchDeltas } of deltas) {
          const own = batch.filter((event) => event.client === client && event.day === day);
          expect(root).toBe(rootOf(treeOver(own.map((event) => hashLeaf(textOf(event))))));
          expect(batchDeltas).toBe(deltas.filter((other) => other.day === day).length);
        }
      }),
    );
  });

  test('leave out what is not metered, and its text', () => {
    const metered = usage('u', 'a', '2026-11-01');
    const { meter, quantityMicros, day, origin, ...base } = metered;
    const topUp = { ...base, kind: 'top_up', balanceMicros: 1n } as const;
    expect(deltasOf([topUp, metered], ['a top-up', 'usage'])).toEqual(
      deltasOf([metered], ['usage']),
    );
    expect(deltasOf([topUp], ['a top-up'])).toEqual([]);
  });
});

/** Folds of batches as roll-ups find them: each has some that came since, in any order of their ids. */
const history = fc.array(fc.array(events, { minLength: 1, maxLength: 4 }), {
  minLength: 1,
  maxLength: 5,
});

function folded(ofFolds: readonly (readonly UsageEvent[][])[]) {
  let count = 0;
  // Later folds get smaller ids: the order of arrival is not that of the ids.
  const named = ofFolds.map((batches) => batches.map((of) => ({ id: `B${900 - count++}`, of })));
  const folds = named.map(
    (batches, index): Fold => ({ n: index + 1, batches: batches.map(({ id }) => id).sort() }),
  );
  const deltas = named.flat().flatMap(({ id, of }) => keptDeltas(id, of));
  return { folds, deltas };
}

describe('a daily record', () => {
  test('is the same for deltas read in any order, and holds all events', () => {
    fc.assert(
      fc.property(history, fc.infiniteStream(fc.nat()), (ofFolds, order) => {
        const { folds, deltas } = folded(ofFolds);
        const records = (from: KeptDelta[]) =>
          new Map(
            dailyRecordsOf(inOrderOfArrival(from, orderOfArrival(folds))).map((record) => [
              usageKeyOf(record),
              record,
            ]),
          );
        const shuffled = deltas
          .map((delta) => ({ delta, at: order.next().value as number }))
          .sort((a, b) => a.at - b.at)
          .map(({ delta }) => delta);
        expect(records(shuffled)).toEqual(records(deltas));
        for (const [key, { tree, ...sum }] of records(deltas)) {
          expect(sum).toEqual(foldUsage(usageOf(ofFolds.flat(2))).get(key));
          expect(tree?.size).toBe(sum.events);
        }
      }),
    );
  });

  test('goes on from every earlier one: its first leaves are the same', () => {
    fc.assert(
      fc.property(history, (ofFolds) => {
        const { folds, deltas } = folded(ofFolds);
        const all = inOrderOfArrival(deltas, orderOfArrival(folds));
        for (let n = 1; n <= folds.length; n++) {
          const order = orderOfArrival(folds.slice(0, n));
          for (const record of dailyRecordsOf(inOrderOfArrival(deltas, order))) {
            const ofKey = all.filter((delta) => usageKeyOf(delta) === usageKeyOf(record));
            const prefix = prefixOf(ofKey, record.events) ?? [];
            expect(headOf(prefix)).toEqual(record.tree);
          }
        }
      }),
    );
  });

  test('has one tree from the events to the root', () => {
    const [first, second] = [['a', 'b', 'c'], ['d']].map((ids, index) => {
      const of = ids.map((id) => usage(id, 'a', '2026-11-01'));
      return { of, deltas: keptDeltas(`B${index}`, of) };
    }) as [{ of: UsageEvent[]; deltas: KeptDelta[] }, { of: UsageEvent[]; deltas: KeptDelta[] }];
    const deltas = [...first.deltas, ...second.deltas];
    const leaves = first.of.map((event) => hashLeaf(textOf(event)));
    const upper = proofOf(treeOver(deltas.map(({ root }) => root as string)), 0);
    for (const [index, leaf] of leaves.entries()) {
      const proof = [...proofOf(treeOver(leaves), index), ...upper];
      expect(rootFrom(leaf, proof)).toBe(headOf(deltas)?.root);
    }
  });

  test('has no tree where a delta has no root', () => {
    const deltas = keptDeltas('B', [usage('a', 'a', '2026-11-01')]);
    const old = keptDeltas('A', [usage('b', 'a', '2026-11-01')]).map((delta) => ({
      ...delta,
      root: undefined,
    }));
    expect(dailyRecordsOf([...old, ...deltas])).toEqual([
      expect.not.objectContaining({ tree: expect.anything() }),
    ]);
  });
});

test('a number of events that no number of deltas holds is told', () => {
  const deltas = [2, 3].flatMap((count, index) =>
    keptDeltas(
      `B${index}`,
      Array.from({ length: count }, (_, id) => usage(`${id}`, 'a', '2026-11-01')),
    ),
  );
  const lengths = [0, 1, 2, 3, 4, 5, 6].map((size) => prefixOf(deltas, size)?.length);
  expect(lengths).toEqual([0, undefined, 1, undefined, undefined, 2, undefined]);
});

describe('new on a day', () => {
  const two = keptDeltas('B2', [usage('a', 'a', '2026-11-01'), usage('b', 'b', '2026-11-01')]);
  const one = keptDeltas('B1', [usage('c', 'a', '2026-11-01')]);

  test('are batches that no fold holds, by id', () => {
    expect(newBatches([...two, ...one], new Map())).toEqual(['B1', 'B2']);
    expect(newBatches([...two, ...one], orderOfArrival([{ n: 1, batches: ['B2'] }]))).toEqual([
      'B1',
    ]);
  });

  test('is not a batch of which only a part is there', () => {
    expect(newBatches([...two.slice(1), ...one], new Map())).toEqual(['B1']);
  });
});
