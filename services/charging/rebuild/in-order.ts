import type { LedgerEvent } from '#shared/domain/ledger-event.ts';

type Batch = readonly LedgerEvent[];

const WINDOW = 16;

/**
 * Batches of a shard in the order in which their events were recorded, given the order of their ids. The two differ where two
 * relays with different clocks took turns: by a few batches then.
 */
export async function* inOrder(batches: AsyncIterable<Batch>): AsyncGenerator<Batch> {
  const window: Batch[] = [];
  for await (const batch of batches) {
    const later = window.findIndex((other) => recordedAtMs(other) > recordedAtMs(batch));
    window.splice(later < 0 ? window.length : later, 0, batch);
    if (window.length > WINDOW) yield window.shift() as Batch;
  }
  yield* window;
}

/** All events of a batch were recorded before those of the next one, so that one of them tells. */
function recordedAtMs([first]: Batch): number {
  return first?.recordedAtMs ?? 0;
}
