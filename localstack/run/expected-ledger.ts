import type { LedgerEvent } from '#shared/domain/ledger-event.ts';
import { foldUsage, type UsageSum, usageOf } from '#shared/domain/usage.ts';

/**
 * What the ledger must hold in the end, from what senders were told and nothing else: all that it held before,
 * and every event that was answered as recorded, once for its id.
 */
export class ExpectedLedger {
  readonly sums = new Map<string, UsageSum>();
  readonly #ids = new Set<string>();

  /** Takes over the ledger as it stands before anything is sent. */
  async start(ledger: AsyncIterable<LedgerEvent>): Promise<void> {
    for await (const event of ledger) {
      foldUsage(usageOf([event]), this.sums);
      if (event.kind === 'charge') this.#ids.add(chargeKey(event.client, event.id));
      if (event.kind === 'usage') this.#ids.add(usageKey(event.client, event.origin, event.id));
    }
  }

  knowsCharge(client: string, id: string): boolean {
    return this.#ids.has(chargeKey(client, id));
  }

  knowsUsage(client: string, origin: string, id: string): boolean {
    return this.#ids.has(usageKey(client, origin, id));
  }

  /** Returns whether this charge is new. */
  addCharge(id: string, sum: UsageSum): boolean {
    return this.#add(chargeKey(sum.client, id), sum);
  }

  /** Returns whether this usage is new. */
  addUsage(origin: string, id: string, sum: UsageSum): boolean {
    return this.#add(usageKey(sum.client, origin, id), sum);
  }

  #add(key: string, sum: UsageSum): boolean {
    if (this.#ids.has(key)) return false;
    this.#ids.add(key);
    foldUsage([sum], this.sums);
    return true;
  }
}

const chargeKey = (client: string, id: string) => `${client} ${id}`;
const usageKey = (client: string, origin: string, id: string) => `${client} ${origin} ${id}`;
