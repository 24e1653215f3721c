import pMap from 'p-map';
import { readPeriods, readUsageMarks, type UsageStore } from '#services/aggregation/public.ts';
import type { HalfMonth } from '#shared/domain/billing-period.ts';

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

/** Half months with usage up to and including `through`, oldest first; with `only`, just that one. */
export async function periodsToPackage(
  store: UsageStore,
  through: HalfMonth,
  only?: HalfMonth,
): Promise<HalfMonth[]> {
  const periods = await readPeriods(store);
  return periods.filter((period) => (only === undefined ? period <= through : period === only));
}

/** Cuts the clients with usage marks of a half month into chunks of at most `chunkClients`; none where there are no marks. */
export async function planChunks(
  store: UsageStore,
  shards: number,
  period: HalfMonth,
  chunkClients: number,
): Promise<Chunk[]> {
  const byShard = await pMap(
    Array.from({ length: shards }, (_, shard) => shard),
    async (shard) =>
      (await Array.fromAsync(readUsageMarks(store, period, shard))).map(
        (mark): Place => ({ shard, client: mark.of }),
      ),
    { concurrency: READS_AT_ONCE },
  );
  const starts = byShard.flat().filter((_, index) => index % chunkClients === 0);
  const end: Place = { shard: shards, client: '' };
  return starts.map((from, index) => ({ period, from, to: starts[index + 1] ?? end }));
}
