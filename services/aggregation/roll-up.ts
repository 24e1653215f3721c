import pMap from 'p-map';
import type { Day } from '#shared/domain/billing-period.ts';
import { foldUsage } from '#shared/domain/usage.ts';
import {
  clearDirtyMark,
  markUsage,
  putDailyRecord,
  readDeltas,
  readDirtyMarks,
  type UsageStore,
} from './usage-store.ts';

const WRITES_AT_ONCE = 16;
const READS_AT_ONCE = 16;

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
  let dailyRecords = 0;
  const marks = await readDirtyMarks(store, shard);
  for (const mark of marks) {
    dailyRecords += await rollUpDay(store, mark.of, shard);
    await clearDirtyMark(store, shard, mark);
  }
  return { days: marks.length, dailyRecords };
}

async function rollUpDay(store: UsageStore, day: Day, shard: number): Promise<number> {
  const sums = [...foldUsage(await Array.fromAsync(readDeltas(store, day, shard))).values()];
  await pMap(sums, (sum) => putDailyRecord(store, sum), { concurrency: WRITES_AT_ONCE });
  await markUsage(store, shard, day, [...new Set(sums.map((sum) => sum.client))]);
  return sums.length;
}
