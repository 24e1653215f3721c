import { REFUSAL_REASONS } from '#shared/contracts/charges.ts';
import {
  CAPTURE_REFUSALS,
  type CaptureAnswer,
  type CaptureBody,
  type ExtensionAnswer,
  type ExtensionBody,
  type HoldAnswer,
  type HoldBody,
  type HoldList,
  type ReleaseAnswer,
  type ReleaseBody,
} from '#shared/contracts/holds.ts';
import { formatAmount, formatMicros, shareOf } from '#shared/domain/money.ts';
import { fingerprintOf } from '#shared/platform/receipts.ts';
import type { Charging } from './charging.ts';
import { captureHold, extendHold, placeHold, readHolds, releaseHold } from './hold-store.ts';
import { meteredAt } from './metered-at.ts';
import { type Done, isAmong } from './outcome.ts';
import { doneOf } from './problem-of.ts';

type WithId<Body> = Body & { readonly id: string };

/**
 * Keeps an amount back until it is captured, released or expires, once for an id, which is also the hold's. A refusal is an
 * answer and is not remembered. Throws `ProblemError` for ids as a charge does, balances_incomplete or unavailable.
 */
export async function placeClientHold(
  charging: Charging,
  { id, client, amount, currency, expiresInSeconds }: WithId<HoldBody>,
): Promise<HoldAnswer> {
  const event = {
    kind: 'hold' as const,
    ...{ id, client, currency },
    amountMicros: amount,
    occurredAtMs: charging.nowMs(),
    fingerprint: fingerprintOf(client, amount, currency, expiresInSeconds),
  };
  const outcome = await placeHold(charging.accounts, event, expiresInSeconds * 1_000);
  if (isAmong(outcome, REFUSAL_REASONS)) {
    return { id, client, isAuthorized: false, reason: outcome.type };
  }
  const done = doneOf(outcome);
  return {
    ...{ id, client, isAuthorized: true, amount: formatAmount(amount), currency },
    expiresAt: toTime(done.values[1]),
    ...afterHold(done),
  };
}

/**
 * Charges what a hold keeps back, once for an id. Throws as `placeClientHold` does, and time_out_of_bounds.
 */
export async function captureClientHold(
  charging: Charging,
  { id, client, hold, amount, currency, meter, quantity, ...capture }: WithId<CaptureBody>,
): Promise<CaptureAnswer> {
  const { occurredAt, upTo, isFinal } = capture;
  const event = {
    kind: 'capture' as const,
    ...{ id, client, currency, meter },
    amountMicros: amount,
    ...meteredAt(charging, occurredAt, charging.nowMs()),
    quantityMicros: quantity,
    holdId: hold,
    fingerprint: fingerprintOf(
      ...[client, hold, amount, currency, meter, quantity, occurredAt, upTo, isFinal],
    ),
  };
  const options = { isUpTo: upTo, isFinal };
  const outcome = await captureHold(charging.accounts, event, options);
  if (isAmong(outcome, CAPTURE_REFUSALS)) {
    return { id, client, isAuthorized: false, reason: outcome.type };
  }
  const done = doneOf(outcome);
  const [, taken, left] = done.values.map(BigInt) as [bigint, bigint, bigint];
  return {
    ...{ id, client, hold, isAuthorized: true, amount: formatAmount(taken) },
    ...(upTo && {
      requestedAmount: formatAmount(amount),
      quantity: formatMicros(shareOf(quantity, taken, amount)),
    }),
    left: formatAmount(left),
    currency,
    ...afterHold(done),
  };
}

/** Gives back what a hold keeps, once for an id. Throws `ProblemError` unknown_hold where it is not active, and as above. */
export async function releaseClientHold(
  charging: Charging,
  { id, client, hold }: WithId<ReleaseBody>,
): Promise<ReleaseAnswer> {
  const outcome = await releaseHold(charging.accounts, {
    kind: 'release',
    ...{ id, client },
    occurredAtMs: charging.nowMs(),
    holdId: hold,
    fingerprint: fingerprintOf(client, hold),
  });
  const done = doneOf(outcome);
  const released = BigInt(done.values[1] as string);
  return { ...{ id, client, hold }, amount: formatAmount(released), ...afterHold(done) };
}

/** Lets a hold last longer from now on, once for an id; it never lasts shorter. Throws as `releaseClientHold` does. */
export async function extendClientHold(
  charging: Charging,
  { id, client, hold, expiresInSeconds }: WithId<ExtensionBody>,
): Promise<ExtensionAnswer> {
  const event = {
    kind: 'extension' as const,
    ...{ id, client },
    amountMicros: 0n,
    occurredAtMs: charging.nowMs(),
    holdId: hold,
    fingerprint: fingerprintOf(client, hold, expiresInSeconds),
  };
  const outcome = await extendHold(charging.accounts, event, expiresInSeconds * 1_000);
  const done = doneOf(outcome);
  return { ...{ id, client, hold }, expiresAt: toTime(done.values[1]), ...afterHold(done) };
}

/** The active holds of a client. Throws `ProblemError` unavailable. */
export async function listHolds(charging: Charging, client: string): Promise<HoldList> {
  const holds = await readHolds(charging.accounts, client);
  return {
    holds: holds
      .sort((a, b) => a.expiresAtMs - b.expiresAtMs)
      .map(({ id, leftMicros, expiresAtMs }) => ({
        id,
        left: formatAmount(leftMicros),
        expiresAt: new Date(expiresAtMs).toISOString(),
      })),
  };
}

function toTime(timeMs: string | undefined): string {
  return new Date(Number(timeMs)).toISOString();
}

/** Of every outcome that concerns holds, the first value is what all of them keep back. */
function afterHold({ balanceMicros, recordedAtMs, values }: Done) {
  const heldMicros = BigInt(values[0] as string);
  return {
    balance: formatAmount(balanceMicros),
    held: formatAmount(heldMicros),
    available: formatAmount(balanceMicros - heldMicros),
    recordedAt: new Date(recordedAtMs).toISOString(),
  };
}
