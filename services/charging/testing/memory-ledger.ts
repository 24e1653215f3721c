import { SealedBatch } from '#shared/contracts/sealed-batch.ts';
import type { LedgerEvent } from '#shared/domain/ledger-event.ts';

/** A ledger of what a queue was given, as the consumer would keep it. */
export class MemoryLedger {
  readonly #shards = new Map<number, Map<string, readonly LedgerEvent[]>>();

  readonly take = (body: string): void => {
    const { batch, shard, events } = SealedBatch.parse(JSON.parse(body));
    const batches = this.#shards.get(shard) ?? new Map<string, readonly LedgerEvent[]>();
    this.#shards.set(shard, batches);
    batches.set(batch, events);
  };

  readonly has = async (shard: number): Promise<boolean> => this.#shards.has(shard);

  /** Whose events the ledger does not show. */
  forget = (_client: string): boolean => false;

  async *read(shard: number): AsyncGenerator<readonly LedgerEvent[]> {
    for (const [, events] of this.#sorted(shard)) {
      yield events.filter(({ client }) => !this.forget(client));
    }
  }

  /** Loses a batch; returns how to bring it back. */
  lose(shard: number, index: number): () => void {
    const [id, events] = this.#sorted(shard)[index] as [string, readonly LedgerEvent[]];
    this.#shards.get(shard)?.delete(id);
    return () => this.#shards.get(shard)?.set(id, events);
  }

  /** Gives two batches the ids of each other, as relays with different clocks might. */
  swap(shard: number, index: number, other: number): void {
    const sorted = this.#sorted(shard);
    const [[id, events], [otherId, otherEvents]] = [sorted[index], sorted[other]] as Batches;
    this.#shards.get(shard)?.set(id, otherEvents).set(otherId, events);
  }

  #sorted(shard: number): [string, readonly LedgerEvent[]][] {
    const batches = [...(this.#shards.get(shard) ?? [])];
    return batches.sort(([one], [other]) => (one < other ? -1 : 1));
  }
}

type Batches = [[string, readonly LedgerEvent[]], [string, readonly LedgerEvent[]]];
