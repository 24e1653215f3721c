import { QueryCommand, type QueryCommandOutput } from '@aws-sdk/lib-dynamodb';
import pMap from 'p-map';
import { readUsageMarks } from '#services/aggregation/public.ts';
import {
  type PackageStore,
  partitionsOf,
  readPackages,
  unpackLines,
} from '#services/packaging/public.ts';
import type { HalfMonth } from '#shared/domain/billing-period.ts';
import { meteredSums } from '#shared/domain/package-line.ts';
import { usageOf } from './clients.ts';
import type { BenchCloud } from './cloud.ts';

const SAMPLE = 50;

/** That a run has left no mark, has made as many packages as clients, and that of a sample each is exactly the daily records. */
export async function checkPackaged(
  { dynamo, usageTable, invoicesTable }: BenchCloud,
  shards: number,
  period: HalfMonth,
  clients: readonly string[],
): Promise<void> {
  const store = { dynamo, table: usageTable };
  const invoices = { dynamo, table: invoicesTable };
  const left = await pMap(
    Array.from({ length: shards }, (_, shard) => shard),
    async (shard) => (await Array.fromAsync(readUsageMarks(store, period, shard))).length,
    { concurrency: 4 },
  );
  const marks = left.reduce((sum, count) => sum + count, 0);
  if (marks > 0) throw new Error(`${marks} clients of ${period} are still marked.`);
  const packages = await countPackages(invoices, period);
  if (packages !== clients.length) {
    throw new Error(`${packages} packages of ${clients.length} clients.`);
  }
  const step = Math.max(1, Math.floor(clients.length / SAMPLE));
  for (let index = 0; index < clients.length; index += step) {
    const client = clients[index] as string;
    const found = await Array.fromAsync(readPackages(invoices, client, period));
    const [frozen] = found;
    const billed = frozen ? sumOf(meteredSums(unpackLines(frozen).lines)) : '';
    if (found.length !== 1 || billed !== sumOf(usageOf(client, period))) {
      throw new Error(`${client} has ${found.length} packages, of ${billed}.`);
    }
  }
}

async function countPackages({ dynamo, table }: PackageStore, period: HalfMonth): Promise<number> {
  const counts = await pMap(
    partitionsOf(period),
    async (partition) => {
      let [count, from]: [number, Record<string, unknown> | undefined] = [0, undefined];
      do {
        const page: QueryCommandOutput = await dynamo.send(
          new QueryCommand({
            TableName: table,
            IndexName: 'by-period',
            KeyConditionExpression: 'periodPartition = :partition',
            ExpressionAttributeValues: { ':partition': partition },
            Select: 'COUNT',
            ...(from && { ExclusiveStartKey: from }),
          }),
        );
        count += page.Count ?? 0;
        from = page.LastEvaluatedKey;
      } while (from);
      return count;
    },
    { concurrency: 4 },
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

function sumOf(sums: readonly { amountMicros: bigint; quantityMicros: bigint }[]): string {
  const amount = sums.reduce((sum, { amountMicros }) => sum + amountMicros, 0n);
  const quantity = sums.reduce((sum, { quantityMicros }) => sum + quantityMicros, 0n);
  return `${sums.length} lines, ${amount} for ${quantity}`;
}
