import type { Day } from './billing-period.ts';
import type { Hash } from './merkle.ts';
import { type DailyRecord, type TreeHead, type UsageKey, usageKeyOf } from './usage.ts';
import { type Fold, headOf, inOrderOfArrival, orderOfArrival } from './usage-tree.ts';

/** Of a delta what its tree needs: there are many of them. */
export interface TreeDelta {
  readonly key: UsageKey;
  readonly batch: string;
  readonly events: number;
  readonly root?: Hash | undefined;
}

/** What is stored of one day of one shard. */
export interface ShardDay {
  readonly day: Day;
  readonly shard: string;
  readonly folds: readonly Fold[];
  readonly deltas: readonly TreeDelta[];
}

export type TreeDifference =
  | {
      readonly day: Day;
      readonly shard: string;
      readonly problem:
        | 'fold_missing'
        | 'batch_in_two_folds'
        | 'batch_in_no_fold'
        | 'batch_without_delta';
      /** The number of a fold, or the id of a batch. */
      readonly of: string;
    }
  | {
      readonly problem: 'tree_differs';
      readonly key: UsageKey;
      /** Of the daily record, and as its deltas imply it. */
      readonly recorded: TreeHead | undefined;
      readonly implied: TreeHead | undefined;
    };

/**
 * At rest the folds of a day hold each batch with a delta on it once and no others, and the tree of every daily record
 * is the one over its deltas in that order. `daily` are the records of these days by `usageKeyOf`.
 */
export function* treeDifferences(
  days: Iterable<ShardDay>,
  daily: ReadonlyMap<string, DailyRecord>,
): Generator<TreeDifference> {
  for (const day of days) {
    yield* foldDifferences(day);
    const deltas = inOrderOfArrival(day.deltas, orderOfArrival(day.folds));
    for (const [name, ofKey] of Map.groupBy(deltas, ({ key }) => usageKeyOf(key))) {
      const recorded = daily.get(name)?.tree;
      const implied = headOf(ofKey);
      if (recorded?.size === implied?.size && recorded?.root === implied?.root) continue;
      yield { problem: 'tree_differs', key: (ofKey[0] as TreeDelta).key, recorded, implied };
    }
  }
}

function* foldDifferences({ day, shard, folds, deltas }: ShardDay): Generator<TreeDifference> {
  const numbers = new Set(folds.map(({ n }) => n));
  for (let n = 1; n < Math.max(0, ...numbers); n++) {
    if (!numbers.has(n)) yield { day, shard, problem: 'fold_missing', of: String(n) };
  }
  const folded = new Set<string>();
  for (const batch of folds.flatMap(({ batches }) => batches)) {
    if (folded.has(batch)) yield { day, shard, problem: 'batch_in_two_folds', of: batch };
    folded.add(batch);
  }
  const batches = new Set(deltas.map(({ batch }) => batch));
  for (const of of batches.difference(folded)) {
    yield { day, shard, problem: 'batch_in_no_fold', of };
  }
  for (const of of folded.difference(batches)) {
    yield { day, shard, problem: 'batch_without_delta', of };
  }
}
