import type { SealedBatch } from '#shared/contracts/sealed-batch.ts';
import { deltasOf } from '#shared/domain/usage-tree.ts';
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
  const texts = await keepBatch(ledger, batch);
  if (!texts) return 'conflict';
  const deltas = deltasOf(batch.events, texts);
  await putDeltas(usage, batch.shard, batch.batch, deltas);
  await putEntries(entries, batch);
  await markDirty(usage, batch.shard, [...new Set(deltas.map((delta) => delta.day))]);
  return 'kept';
}
