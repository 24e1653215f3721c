import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createInvoiceStore, type InvoiceChange } from '#services/invoicing/invoice-store.ts';
import { invoiceKeyOf } from '#services/packaging/public.ts';
import type { HalfMonth } from '#shared/domain/billing-period.ts';
import { connectDynamo } from '#shared/platform/dynamo.ts';
import { meterDynamo } from '#shared/platform/dynamo-meter.ts';
import type { BenchCloud } from './cloud.ts';

const SAMPLE = 50;
const LATENCY_MS = 120n;

/** What the least that can happen to a package changes: the lease to send it, taken, the lease to ask about it, accepted. */
const WAY: readonly Omit<InvoiceChange, 'nowMs' | 'dueAtMs'>[] = [
  { state: 'sending', attempts: 1 },
  { state: 'submitted', attempts: 1, entry: entryOf('submit', 'taken') },
  { state: 'submitted', attempts: 1 },
  { state: 'accepted', attempts: 1, entry: entryOf('poll', 'accepted') },
];

/** Write units of one change of state, on the way of a sample of the packages that lie in the table. */
export async function measureChanges(
  { clientConfig, invoicesTable }: BenchCloud,
  period: HalfMonth,
  clients: readonly string[],
): Promise<number> {
  const client = new DynamoDBClient(clientConfig);
  const takeUse = meterDynamo(client);
  const store = createInvoiceStore(connectDynamo(client), invoicesTable);
  const sample = clients.slice(0, SAMPLE);
  for (const name of sample) {
    let item = await store.get(invoiceKeyOf(name, period, 1));
    for (const change of WAY) {
      if (!item) throw new Error(`${name} has no package, or someone else has changed it.`);
      const nowMs = Date.now();
      const changed = await store.change(item, { ...change, nowMs, dueAtMs: nowMs + 1_000 });
      item = changed.type === 'changed' ? changed.item : undefined;
    }
  }
  client.destroy();
  return takeUse().writeUnits / (sample.length * WAY.length);
}

function entryOf(call: 'submit' | 'poll', answer: string) {
  return { atMs: BigInt(Date.now()), call, answer, latencyMs: LATENCY_MS };
}
