import pMap from 'p-map';
import { type Day, halfMonthOf } from '#shared/domain/billing-period.ts';
import type { DailyRecord } from '#shared/domain/usage.ts';
import {
  dailyRecordsOf,
  type Fold,
  inOrderOfArrival,
  newBatches,
  orderOfArrival,
} from '#shared/domain/usage-tree.ts';
import {
  clearDirtyMark,
  MAX_FOLD_BATCHES,
  markUsage,
  putAnnounced,
  putDailyRecord,
  putFold,
  readAnnounced,
  readDeltas,
  readDirtyMarks,
  readFolds,
  type UsageStore,
} from './usage-store.ts';

const WRITES_AT_ONCE = 16;
const READS_AT_ONCE = 8;

/** The shards that have days to fold. */
export async function planRollUp(store: UsageStore, shards: number): Promise<number[]> {
  const dirty = await pMap(
    Array.from({ length: shards }, (_, shard) => shard),
    async (shard) => ((await readDirtyMarks(store, shard)).length > 0 ? [shard] : []),
    { concurrency: READS_AT_ONCE },
  );
  return dirty.flat();
}

export interface RollUpSummary {
  readonly days: number;
  readonly dailyRecords: number;
}

/**
 * Folds the deltas of every dirty day of a shard into daily records. Any number may run at once and die anywhere:
 * a day stays dirty until its records and the usage marks that announce them are written. Marked are the clients of folds
 * that were not announced yet, and no others: what is late for one client leaves all others of the shard as they are.
 */
export async function rollUpShard(store: UsageStore, shard: number): Promise<RollUpSummary> {
  const marks = await readDirtyMarks(store, shard);
  const days = await pMap(marks, (mark) => foldDay(store, mark.of, shard), {
    concurrency: READS_AT_ONCE,
  });
  const sums = days.flatMap(({ records }) => records);
  await pMap(sums, (sum) => putDailyRecord(store, sum), { concurrency: WRITES_AT_ONCE });
  const grown = days.filter(({ clients }) => clients.length > 0);
  for (const [period, ofPeriod] of Map.groupBy(grown, ({ day }) => halfMonthOf(day))) {
    const clients = new Set(ofPeriod.flatMap((day) => day.clients));
    await markUsage(store, shard, period, [...clients]);
  }
  await pMap(grown, ({ day, lastFold }) => putAnnounced(store, day, shard, lastFold), {
    concurrency: WRITES_AT_ONCE,
  });
  await pMap(marks, (mark) => clearDirtyMark(store, shard, mark), { concurrency: WRITES_AT_ONCE });
  return { days: marks.length, dailyRecords: sums.length };
}

interface FoldedDay {
  readonly day: Day;
  readonly records: readonly DailyRecord[];
  /** Those of folds that are not announced. */
  readonly clients: readonly string[];
  readonly lastFold: number;
}

const MAX_TRIES = 10;

/**
 * The daily records of a day of a shard. Batches that are new are put into the next fold before, so that the order of
 * the leaves stands before anybody can see a tree over them. Folds are read before the deltas: what a fold holds is there.
 */
async function foldDay(store: UsageStore, day: Day, shard: number): Promise<FoldedDay> {
  const announced = await readAnnounced(store, day, shard);
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const folds = await readFolds(store, day, shard);
    const deltas = await Array.fromAsync(readDeltas(store, day, shard));
    const added = foldsToAdd(folds, newBatches(deltas, orderOfArrival(folds)));
    if (await putFolds(store, day, shard, added)) {
      const all = [...folds, ...added];
      const folded = inOrderOfArrival(deltas, orderOfArrival(all));
      const fresh = orderOfArrival(all.filter(({ n }) => n > announced));
      return {
        day,
        records: dailyRecordsOf(folded),
        clients: [...new Set(inOrderOfArrival(folded, fresh).map(({ client }) => client))],
        lastFold: all.length,
      };
    }
  }
  throw new Error(`other roll-ups overtook that of ${day} in shard ${shard} ${MAX_TRIES} times`);
}

function foldsToAdd(folds: readonly Fold[], batches: readonly string[]): Fold[] {
  return Array.from({ length: Math.ceil(batches.length / MAX_FOLD_BATCHES) }, (_, index) => ({
    n: folds.length + index + 1,
    batches: batches.slice(index * MAX_FOLD_BATCHES, (index + 1) * MAX_FOLD_BATCHES),
  }));
}

/** False where another roll-up was faster. */
async function putFolds(
  store: UsageStore,
  day: Day,
  shard: number,
  folds: readonly Fold[],
): Promise<boolean> {
  for (const fold of folds) {
    if (!(await putFold(store, day, shard, fold))) return false;
  }
  return true;
}
