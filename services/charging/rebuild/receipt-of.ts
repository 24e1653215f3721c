import { timeInId } from '#shared/domain/charge-id.ts';
import { FUTURE_TOLERANCE_MS } from '#shared/domain/event-time.ts';
import type { LedgerEvent } from '#shared/domain/ledger-event.ts';
import { RECEIPT_SLICE_MS, receiptField } from '#shared/platform/receipts.ts';

/**
 * The receipt that a script left when it recorded an event, to the byte: its field and its value. None where nobody sent an id.
 * A capture needs what it left in its hold.
 */
export function receiptOf(
  event: LedgerEvent,
  leftInHoldMicros = 0n,
): readonly [field: string, value: string] | undefined {
  const { kind, client, id, fingerprint, recordedAtMs } = event;
  if (fingerprint === undefined) return undefined;
  if (kind === 'usage') return [receiptField(kind, client, event.origin, id), fingerprint];
  const result = [recordedAtMs, event.balanceMicros, ...furtherResults(event, leftInHoldMicros)];
  return [receiptField(kind, client, id), fingerprint + result.join(' ')];
}

function furtherResults(event: LedgerEvent, leftInHoldMicros: bigint): (bigint | number)[] {
  switch (event.kind) {
    case 'charge':
      return event.isUpTo ? [event.amountMicros] : [];
    case 'reversal':
      return [event.amountMicros, event.reversedMicros];
    case 'hold':
    case 'extension':
      return [event.heldMicros, event.expiresAtMs];
    case 'capture':
      return [event.heldMicros, event.amountMicros, leftInHoldMicros];
    case 'release':
      return [event.heldMicros, event.amountMicros];
    default:
      return [];
  }
}

/** The slice of the receipt of an event. A time in the id of usage is not looked at: usage may come late. */
export function sliceOf({ kind, id, recordedAtMs }: LedgerEvent): number {
  const timeMs = kind === 'usage' ? undefined : timeInId(id);
  return Math.floor((timeMs ?? recordedAtMs) / RECEIPT_SLICE_MS);
}

/** When no id in a slice can be asked for any more. */
export function sliceExpiresAtMs(slice: number, receiptWindowMs: number): number {
  return (slice + 1) * RECEIPT_SLICE_MS + receiptWindowMs + FUTURE_TOLERANCE_MS;
}
