import type { LedgerEvent } from './ledger-event.ts';
import { type Hash, hashLeaf, rootOf, treeOver } from './merkle.ts';
import {
  type DailyRecord,
  foldUsage,
  type TreeHead,
  type UsageSum,
  usageKeyOf,
  usageOf,
} from './usage.ts';

/** What one batch adds to a sum of one day. */
export interface UsageDelta extends UsageSum {
  /** The root over its events, in the order of the batch. Missing in what was consumed before there were roots. */
  readonly root?: Hash | undefined;
  /** How many deltas the batch has on this day: with fewer of them its consumer is still at work, or died. */
  readonly batchDeltas: number;
}

export interface KeptDelta extends UsageDelta {
  readonly batch: string;
}

type OfBatch = Pick<KeptDelta, 'batch'>;
/** What a tree is put together from. */
type Subtree = Pick<KeptDelta, 'root' | 'events'>;

/** The batches that a roll-up found to be new on a day of a shard. Folds are numbered from 1 and never change. */
export interface Fold {
  readonly n: number;
  /** In the order of their ids. */
  readonly batches: readonly string[];
}

/** The deltas of a batch. `texts` are those of its events in the ledger, in its order. */
export function deltasOf(events: readonly LedgerEvent[], texts: readonly string[]): UsageDelta[] {
  const parts = events.flatMap((event, index) =>
    [...usageOf([event])].map((sum) => ({ sum, leaf: hashLeaf(texts[index] as string) })),
  );
  const byKey = [...Map.groupBy(parts, ({ sum }) => usageKeyOf(sum)).values()];
  const deltas = byKey.map((ofKey) => ({
    ...sumUp(ofKey.map(({ sum }) => sum)),
    root: rootOf(treeOver(ofKey.map(({ leaf }) => leaf))),
  }));
  const byDay = Map.groupBy(deltas, ({ day }) => day);
  return deltas.map((delta) => ({ ...delta, batchDeltas: byDay.get(delta.day)?.length ?? 0 }));
}

/** The place of each batch in the order of arrival: by fold, then by id. */
export function orderOfArrival(folds: readonly Fold[]): Map<string, number> {
  const batches = folds.toSorted((a, b) => a.n - b.n).flatMap((fold) => fold.batches);
  return new Map(batches.map((batch, place) => [batch, place]));
}

/** The deltas of the batches that were folded, as they are put together to trees; the others are left out. */
export function inOrderOfArrival<Delta extends OfBatch>(
  deltas: Iterable<Delta>,
  order: ReadonlyMap<string, number>,
): Delta[] {
  const placeOf = ({ batch }: OfBatch) => order.get(batch) as number;
  return [...deltas]
    .filter(({ batch }) => order.has(batch))
    .sort((a, b) => placeOf(a) - placeOf(b));
}

/** The batches of a day that no fold holds and that are there whole, by id. */
export function newBatches(
  deltas: Iterable<KeptDelta>,
  order: ReadonlyMap<string, number>,
): string[] {
  const missing = new Map<string, number>();
  for (const { batch, batchDeltas } of deltas) {
    if (!order.has(batch)) missing.set(batch, (missing.get(batch) ?? batchDeltas) - 1);
  }
  return [...missing].flatMap(([batch, left]) => (left > 0 ? [] : [batch])).sort();
}

/** The daily records that deltas in the order of their arrival fold to. */
export function dailyRecordsOf(deltas: readonly KeptDelta[]): DailyRecord[] {
  return [...Map.groupBy(deltas, usageKeyOf).values()].map((ofKey) => {
    const tree = headOf(ofKey);
    return { ...sumUp(ofKey), ...(tree && { tree }) };
  });
}

/** The head of the tree over deltas of one key: their roots are put together as leaves are, and each event counts for its size. */
export function headOf(deltas: readonly Subtree[]): TreeHead | undefined {
  const roots = rootsOf(deltas);
  if (!roots || roots.length === 0) return undefined;
  const size = deltas.reduce((total, { events }) => total + events, 0);
  return { size, root: rootOf(treeOver(roots)) };
}

/** The first deltas that hold `size` events, as an earlier head was over; undefined where no number of them does. */
export function prefixOf<Delta extends KeptDelta>(
  deltas: readonly Delta[],
  size: number,
): Delta[] | undefined {
  let events = 0;
  let count = 0;
  for (; events < size && count < deltas.length; count++) events += (deltas[count] as Delta).events;
  return events === size ? deltas.slice(0, count) : undefined;
}

export function rootsOf(deltas: readonly Subtree[]): Hash[] | undefined {
  const roots = deltas.flatMap(({ root }) => root ?? []);
  return roots.length === deltas.length ? roots : undefined;
}

/** The sum of sums of one key, and nothing but the sum. */
function sumUp(sums: readonly UsageSum[]): UsageSum {
  const [folded] = foldUsage(sums).values();
  const { client, day, meter, currency, source, events, quantityMicros, amountMicros } =
    folded as UsageSum;
  return { client, day, meter, currency, source, events, quantityMicros, amountMicros };
}
