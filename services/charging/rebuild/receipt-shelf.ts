import type { LedgerEvent } from '#shared/domain/ledger-event.ts';
import { receiptOf, sliceExpiresAtMs, sliceOf } from './receipt-of.ts';
import type { Restoring } from './restoring.ts';

/** Receipts that go into the store with one script call. */
const RECEIPTS_AT_ONCE = 500;

/** Puts receipts of events back, many at once; those that have expired are left out. */
export class ReceiptShelf {
  readonly #restoring: Restoring;
  readonly #receiptWindowMs: number;
  readonly #nowMs: number;
  readonly #waiting = new Map<number, string[]>();
  /** How many were not there. */
  restored = 0;

  constructor(restoring: Restoring, receiptWindowMs: number, nowMs: number) {
    this.#restoring = restoring;
    this.#receiptWindowMs = receiptWindowMs;
    this.#nowMs = nowMs;
  }

  async add(event: LedgerEvent, leftInHoldMicros?: bigint): Promise<void> {
    const slice = sliceOf(event);
    if (sliceExpiresAtMs(slice, this.#receiptWindowMs) <= this.#nowMs) return;
    const receipt = receiptOf(event, leftInHoldMicros);
    if (!receipt) return;
    const fields = this.#waiting.get(slice) ?? [];
    this.#waiting.set(slice, fields);
    fields.push(...receipt);
    if (fields.length >= 2 * RECEIPTS_AT_ONCE) await this.#write(slice, fields);
  }

  /** Writes those that wait for more. */
  async close(): Promise<void> {
    for (const [slice, fields] of this.#waiting) await this.#write(slice, fields);
  }

  async #write(slice: number, fields: readonly string[]): Promise<void> {
    this.#waiting.delete(slice);
    const expiresAtMs = sliceExpiresAtMs(slice, this.#receiptWindowMs);
    this.restored += await this.#restoring.receipts(slice, expiresAtMs, fields);
  }
}
