import pMap from 'p-map';
import { readUsageMarks } from '#services/aggregation/public.ts';
import { readPackages, unpackLines } from '#services/packaging/public.ts';
import type { HalfMonth } from '#shared/domain/billing-period.ts';
import { meteredSums } from '#shared/domain/package-line.ts';
import { usageOf } from './clients.ts';
import type { BenchCloud } from './cloud.ts';

const SAMPLE = 50;

/** That a run has left no mark, and that each client looked at has one package with exactly its daily records. */
export async function checkPackaged(
  { dynamo, usageTable, invoicesTable }: BenchCloud,
  shards: number,
  period: HalfMonth,
  clients: readonly string[],
): Promise<void> {
  const store = { dynamo, table: usageTable };
  const left = await pMap(
    Array.from({ length: shards }, (_, shard) => shard),
    async (shard) => (await Array.fromAsync(readUsageMarks(store, period, shard))).length,
    { concurrency: 4 },
  );
  const marks = left.reduce((sum, count) => sum + count, 0);
  if (marks > 0) throw new Error(`${marks} clients of ${period} are still marked.`);
  const step = Math.max(1, Math.floor(clients.length / SAMPLE));
  for (let index = 0; index < clients.length; index += step) {
    const client = clients[index] as string;
    const packages = await Array.fromAsync(
      readPackages({ dynamo, table: invoicesTable }, client, period),
    );
    const [frozen] = packages;
    const billed = frozen ? sumOf(meteredSums(unpackLines(frozen).lines)) : '';
    if (packages.length !== 1 || billed !== sumOf(usageOf(client, period))) {
      throw new Error(`${client} has ${packages.length} packages, of ${billed}.`);
    }
  }
}

function sumOf(sums: readonly { amountMicros: bigint; quantityMicros: bigint }[]): string {
  const amount = sums.reduce((sum, { amountMicros }) => sum + amountMicros, 0n);
  const quantity = sums.reduce((sum, { quantityMicros }) => sum + quantityMicros, 0n);
  return `${sums.length} lines, ${amount} for ${quantity}`;
}
