import type { SealedBatch } from '#shared/contracts/sealed-batch.ts';
import { foldUsage, usageOf } from '#shared/domain/usage.ts';
import { type EntryStore, putEntries } from './entry-store.ts';
import { keepBatch, type LedgerStore } from './ledger-store.ts';
import { markDirty, putDeltas, type UsageStore } from './usage-store.ts';

export interface Consuming {
  readonly ledger: LedgerStore;
  readonly usage: UsageStore;
  readonly entries: EntryStore;
}

/**
 * Keeps a batch in the ledger, adds its deltas and the entries of its clients. Every write is keyed by the batch and comes before the mark that
 * announces it, so that a batch may come any number of times and its consumer may die anywhere.
 * Returns `conflict`, with nothing written, where the ledger holds other events under this id.
 */
export async function consumeBatch(
  { ledger, usage, entries }: Consuming,
  batch: SealedBatch,
): Promise<'kept' | 'conflict'> {
  if (!(await keepBatch(ledger, batch))) return 'conflict';
  const sums = [...foldUsage(usageOf(batch.events)).values()];
  await putDeltas(usage, batch.shard, batch.batch, sums);
  await putEntries(entries, batch);
  await markDirty(usage, batch.shard, [...new Set(sums.map((sum) => sum.day))]);
  return 'kept';
}
