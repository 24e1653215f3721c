import type { EntryStore } from '#services/aggregation/public.ts';
import type { Reversal, ReversalBody } from '#shared/contracts/reversals.ts';
import { dayOf } from '#shared/domain/billing-period.ts';
import { timeInId } from '#shared/domain/charge-id.ts';
import { FUTURE_TOLERANCE_MS } from '#shared/domain/event-time.ts';
import type { CaptureEvent, ChargeEvent } from '#shared/domain/ledger-event.ts';
import { formatAmount, formatMicros, stepShareOf } from '#shared/domain/money.ts';
import { orTryAgain, ProblemError } from '#shared/platform/problem-error.ts';
import { fingerprintOf } from '#shared/platform/receipts.ts';
import { reverse } from '../balance-store.ts';
import type { Charging } from '../charging.ts';
import { doneOf } from '../problem-of.ts';
import { findCharge, type SearchTime } from './find-charge.ts';

export interface Reversing extends Charging {
  readonly entries: EntryStore;
}

type ReversalRequest = ReversalBody & { readonly id: string; readonly client: string };

/**
 * Gives back a charge or a capture, or part of it, once for an id; all reversals of one together give back exactly its
 * amount and quantity, at most. What was charged is read from the ledger, so only what has reached it can be reversed.
 * It counts for the day of the reversal: the month of the charge may be invoiced already.
 *
 * Throws `ProblemError` invalid_body where nothing tells the time of the charge, unknown_charge, over_reversed,
 * currency_mismatch, account_closed, balance_out_of_range, those of ids, balances_incomplete or unavailable.
 */
export async function reverseCharge(
  reversing: Reversing,
  { id, client, charge: { recordedAt, ...key }, amount, currency }: ReversalRequest,
): Promise<Reversal> {
  const nowMs = reversing.nowMs();
  const time = searchTimeOf(reversing, key.id, recordedAt);
  const charge = await orTryAgain(
    findCharge(reversing.entries, client, key, time),
    'The ledger could not be reached in time. Send the same request again.',
  );
  if (!charge) throw unknownCharge(time, nowMs);
  if (currency !== undefined && currency !== charge.currency) {
    throw new ProblemError('currency_mismatch', `The charge is in ${charge.currency}.`);
  }
  const outcome = await reverse(reversing.accounts, {
    amountMicros: amount,
    event: {
      kind: 'reversal',
      ...{ id, client, currency: charge.currency },
      ...{ amountMicros: charge.amountMicros, quantityMicros: charge.quantityMicros },
      meter: charge.meter,
      occurredAtMs: nowMs,
      day: dayOf(nowMs, reversing.timeZone),
      reversedKind: key.kind,
      reversedId: key.id,
      fingerprint: fingerprintOf(client, key.kind, key.id, amount, currency),
    },
  });
  const done = doneOf(outcome);
  const [given, reversed] = done.values.map(BigInt) as [bigint, bigint];
  return {
    ...{ id, client, charge: key },
    amount: formatAmount(given),
    reversed: formatAmount(reversed),
    quantity: formatMicros(quantityOf(charge, given, reversed)),
    currency: charge.currency,
    balance: formatAmount(done.balanceMicros),
    recordedAt: new Date(done.recordedAtMs).toISOString(),
  };
}

function quantityOf(charge: ChargeEvent | CaptureEvent, given: bigint, reversed: bigint): bigint {
  return stepShareOf(charge.quantityMicros, given, reversed, charge.amountMicros);
}

/** The clocks of two stores, of which one has taken over from the other, are closer than this. */
const CLOCKS_APART_MS = 60_000;

function searchTimeOf(
  { accounts }: Charging,
  id: string,
  recordedAt: number | undefined,
): SearchTime {
  if (recordedAt !== undefined) {
    const [fromMs, untilMs] = [recordedAt - CLOCKS_APART_MS, recordedAt + CLOCKS_APART_MS];
    return { atMs: recordedAt, fromMs, untilMs };
  }
  const madeAtMs = timeInId(id);
  if (madeAtMs === undefined) {
    throw new ProblemError('invalid_body', 'Say when the charge was recorded.', {
      issues: [
        {
          pointer: '/charge/recordedAt',
          detail:
            'is needed where the id of the charge is neither a ULID nor a UUIDv7: send recordedAt of its answer',
        },
      ],
    });
  }
  return {
    atMs: madeAtMs,
    fromMs: madeAtMs - FUTURE_TOLERANCE_MS,
    untilMs: madeAtMs + accounts.receiptWindowMs,
  };
}

/** Longer than a charge takes to the ledger, unless the relay or the queue are held up. */
const ARRIVING_MS = 900_000;

function unknownCharge({ atMs }: SearchTime, nowMs: number): ProblemError {
  return new ProblemError(
    'unknown_charge',
    'The ledger has no such charge of this client about that time. A charge reaches it some seconds after its answer; send charge.recordedAt as that answer gave it, to have it looked for there.',
    nowMs - atMs < ARRIVING_MS ? { retryAfterSeconds: 5 } : {},
  );
}
