import { pMapIterable } from 'p-map';
import {
  type Mark,
  readMarkedPeriods,
  readPeriods,
  readUsageMarks,
  type UsageStore,
} from '#services/aggregation/public.ts';
import type { HalfMonth } from '#shared/domain/billing-period.ts';
import { chunkClientsFor } from './chunk-size.ts';

/** A place in the order of usage marks: by shard, then by client. */
export interface Place {
  readonly shard: number;
  readonly client: string;
}

/** The clients of one half month from `from` up to but without `to`. */
export interface Chunk {
  readonly period: HalfMonth;
  readonly from: Place;
  readonly to: Place;
}

const READS_AT_ONCE = 16;

/** So many of the latest half months are always looked at: clients of them may have been marked before half months were. */
const LATEST = 6;

export interface PeriodToPackage {
  readonly period: HalfMonth;
  /** What to clear where nobody is marked in it. */
  readonly mark: Mark | undefined;
}

/** Half months with usage to package up to and including `through`, oldest first; with `only`, just that one. */
export async function periodsToPackage(
  store: UsageStore,
  through: HalfMonth,
  only?: HalfMonth,
): Promise<PeriodToPackage[]> {
  const marks = new Map((await readMarkedPeriods(store)).map((mark) => [mark.of, mark]));
  const known = await readPeriods(store);
  const ended = known.filter((period) => period <= through);
  const latest = new Set(ended.slice(-LATEST));
  const periods =
    only === undefined
      ? ended.filter((period) => latest.has(period) || marks.has(period))
      : known.filter((period) => period === only);
  return periods.map((period) => ({ period, mark: marks.get(period) }));
}

/**
 * Cuts the clients with usage marks of a half month into chunks of at most `capacity`; none where there are no marks.
 * More than `maxChunks` are returned where there are more: those up to it are whole, and no more marks are read.
 */
export async function planChunks(
  store: UsageStore,
  shards: number,
  period: HalfMonth,
  { capacity, maxChunks }: { readonly capacity: number; readonly maxChunks: number },
): Promise<Chunk[]> {
  const places: Place[] = [];
  const byShard = pMapIterable(
    Array.from({ length: shards }, (_, shard) => shard),
    async (shard) => ({
      shard,
      marks: await Array.fromAsync(readUsageMarks(store, period, shard)),
    }),
    { concurrency: READS_AT_ONCE },
  );
  for await (const { shard, marks } of byShard) {
    for (const { of } of marks) places.push({ shard, client: of });
    if (places.length > capacity * maxChunks) break;
  }
  if (places.length === 0) return [];
  const chunkClients = chunkClientsFor(places.length, capacity);
  const starts = places.filter((_, index) => index % chunkClients === 0);
  const end: Place = { shard: shards, client: '' };
  return starts.map((from, index) => ({ period, from, to: starts[index + 1] ?? end }));
}
