import { expect, test } from '@jest/globals';
import { hashLeaf } from './merkle.ts';
import {
  type ShardDay,
  type TreeDelta,
  type TreeDifference,
  treeDifferences,
} from './tree-differences.ts';
import { type DailyRecord, type TreeHead, usageKeyOf } from './usage.ts';
import { headOf } from './usage-tree.ts';

const KEY = {
  ...{ client: 'acme', day: '2026-11-03', meter: 'sms', currency: 'EUR' },
  source: 'postpaid' as const,
};
const delta = (batch: string): TreeDelta => ({
  ...{ key: KEY, batch, events: 2, root: hashLeaf(batch) },
});
const [a, b, c] = [delta('A'), delta('B'), delta('C')];
const shardDay: ShardDay = {
  day: KEY.day,
  shard: 's003',
  folds: [
    { n: 1, batches: ['B'] },
    { n: 2, batches: ['A', 'C'] },
  ],
  deltas: [a, b, c],
};
const tree = headOf([b, a, c]) as TreeHead;
const record: DailyRecord = { ...KEY, events: 6, quantityMicros: 3n, amountMicros: 4n, tree };

const found = (changes: Partial<ShardDay> = {}, recorded = record): TreeDifference[] => [
  ...treeDifferences([{ ...shardDay, ...changes }], new Map([[usageKeyOf(recorded), recorded]])),
];
const at = { day: KEY.day, shard: 's003' };
const differs = { problem: 'tree_differs', key: KEY, recorded: record.tree };

test('nothing is found where folds, deltas and records agree', () => {
  expect(found()).toEqual([]);
  expect([...treeDifferences([], new Map())]).toEqual([]);
});

test.each<[string, Partial<ShardDay>, object[]]>([
  [
    'a delta that no fold holds',
    { deltas: [a, b, c, delta('D')] },
    [{ ...at, problem: 'batch_in_no_fold', of: 'D' }],
  ],
  [
    'a batch without a delta',
    { deltas: [a, b] },
    [{ ...at, problem: 'batch_without_delta', of: 'C' }, differs],
  ],
  [
    'a batch in two folds',
    { folds: [...shardDay.folds, { n: 3, batches: ['B'] }] },
    [{ ...at, problem: 'batch_in_two_folds', of: 'B' }, differs],
  ],
  [
    'a fold that is gone',
    { folds: shardDay.folds.slice(1) },
    [
      { ...at, problem: 'fold_missing', of: '1' },
      { ...at, problem: 'batch_in_no_fold', of: 'B' },
      differs,
    ],
  ],
  ['another order', { folds: [{ n: 1, batches: ['A', 'B', 'C'] }] }, [differs]],
  ['another root', { deltas: [{ ...a, root: hashLeaf('other') }, b, c] }, [differs]],
])('%s is found', (_, changes, expected) => {
  expect(found(changes)).toEqual(expected.map((each) => expect.objectContaining(each)));
});

test('a record whose tree is another or missing is found', () => {
  const { tree: implied, ...bare } = record;
  const other = { size: 6, root: hashLeaf('other') };
  expect(found({}, { ...bare, tree: other })).toEqual([
    { problem: 'tree_differs', key: KEY, recorded: other, implied },
  ]);
  expect(found({}, bare)).toEqual([
    { problem: 'tree_differs', key: KEY, recorded: undefined, implied },
  ]);
});
