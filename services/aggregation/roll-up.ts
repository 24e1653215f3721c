import pMap from 'p-map';
import { type Day, halfMonthOf } from '#shared/domain/billing-period.ts';
import { foldUsage, type UsageSum } from '#shared/domain/usage.ts';
import {
  clearDirtyMark,
  markUsage,
  putDailyRecord,
  readDeltas,
  readDirtyMarks,
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
 * a day stays dirty until its records and the usage marks that announce them are written.
 */
export async function rollUpShard(store: UsageStore, shard: number): Promise<RollUpSummary> {
  const marks = await readDirtyMarks(store, shard);
  const folds = await pMap(marks, (mark) => foldDay(store, mark.of, shard), {
    concurrency: READS_AT_ONCE,
  });
  const sums = folds.flat();
  await pMap(sums, (sum) => putDailyRecord(store, sum), { concurrency: WRITES_AT_ONCE });
  for (const [period, ofPeriod] of Map.groupBy(sums, (sum) => halfMonthOf(sum.day))) {
    const clients = new Set(ofPeriod.map((sum) => sum.client));
    await markUsage(store, shard, period, [...clients]);
  }
  await pMap(marks, (mark) => clearDirtyMark(store, shard, mark), { concurrency: WRITES_AT_ONCE });
  return { days: marks.length, dailyRecords: sums.length };
}

async function foldDay(store: UsageStore, day: Day, shard: number): Promise<UsageSum[]> {
  return [...foldUsage(await Array.fromAsync(readDeltas(store, day, shard))).values()];
}
