import { ulid } from 'ulid';
import type { LedgerEvent } from '#shared/domain/ledger-event.ts';
import type { OwnTable } from '#shared/testing/own-table.ts';
import { entryItems } from '#shared/testing/stored-usage.ts';

/** Puts events into the entries table as the consumer does, so many of them to a batch. */
export async function keepEntries(
  table: OwnTable,
  events: readonly LedgerEvent[],
  perBatch = events.length,
): Promise<void> {
  for (let start = 0; start < events.length; start += perBatch) {
    const ofBatch = events.slice(start, start + perBatch);
    await table.put(...entryItems({ batch: ulid(), shard: 0, events: ofBatch }));
  }
}
