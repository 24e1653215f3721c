import type { Day } from '#shared/domain/billing-period.ts';
import type { TreeDelta } from '#shared/domain/tree-differences.ts';
import { type UsageKey, usageKeyOf } from '#shared/domain/usage.ts';
import type { Fold, KeptDelta } from '#shared/domain/usage-tree.ts';

interface Gathered {
  readonly day: Day;
  readonly shard: string;
  readonly folds: Fold[];
  readonly deltas: TreeDelta[];
}

/**
 * Gathers what trees are checked by, day by day and shard by shard. There may be millions of deltas: of each no more than
 * the root is kept, and its names are shared with the others.
 */
export function gatherShardDays() {
  const days = new Map<string, Gathered>();
  const keys = new Map<string, UsageKey>();
  const batches = new Map<string, string>();
  const dayIn = (shard: string, day: Day): Gathered =>
    getOrPut(days, `${day}#${shard}`, () => ({ day, shard, folds: [], deltas: [] }));
  return {
    addFold: (shard: string, day: Day, fold: Fold) => dayIn(shard, day).folds.push(fold),
    addDelta(shard: string, { batch, events, root, ...sum }: KeptDelta): void {
      const { client, day, meter, currency, source } = sum;
      const key = getOrPut(keys, usageKeyOf(sum), () => ({ client, day, meter, currency, source }));
      const shared = getOrPut(batches, batch, () => batch);
      dayIn(shard, day).deltas.push({ key, batch: shared, events, root });
    },
    /** All days but those that a roll-up has still to fold, named as `<day>#<shard>`. */
    atRest: (dirty: ReadonlySet<string>): Gathered[] =>
      [...days].filter(([name]) => !dirty.has(name)).map(([, day]) => day),
  };
}

function getOrPut<T>(map: Map<string, T>, key: string, make: () => T): T {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
