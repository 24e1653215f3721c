import type { ChargeAnswer, ChargeBody } from '#shared/contracts/charges.ts';
import { dayOf } from '#shared/domain/billing-period.ts';
import { isRecordable } from '#shared/domain/event-time.ts';
import { formatAmount } from '#shared/domain/money.ts';
import { ProblemError } from '#shared/platform/problem-error.ts';
import { changeBalance } from './account-store.ts';
import type { Charging } from './charging.ts';
import { idProblem } from './id-problem.ts';

export interface ChargeResult {
  readonly answer: ChargeAnswer;
  /** True where the answer is that of an earlier request with this id. */
  readonly isRepeated: boolean;
}

/**
 * Debits an account once for an id and records the event. A refusal is an answer, changes nothing and is
 * not remembered: a retry after a top-up is decided afresh. Throws `ProblemError` id_reused,
 * charge_id_expired, charge_id_in_future, time_out_of_bounds or unavailable.
 */
export async function chargeClient(
  charging: Charging,
  id: string,
  charge: Omit<ChargeBody, 'id'>,
): Promise<ChargeResult> {
  const nowMs = charging.nowMs();
  const { client, currency, meter } = charge;
  const occurredAtMs = charge.occurredAt ?? nowMs;
  if (!isRecordable(occurredAtMs, nowMs, charging.maxEventAgeDays)) {
    throw new ProblemError(
      'time_out_of_bounds',
      `occurredAt must lie within the last ${charging.maxEventAgeDays} days.`,
    );
  }
  const outcome = await changeBalance(
    charging.accounts,
    {
      kind: 'charge',
      id,
      client,
      currency,
      amountMicros: charge.amount,
      occurredAtMs,
      day: dayOf(occurredAtMs, charging.timeZone),
      meter,
      quantityMicros: charge.quantity,
    },
    charge,
  );
  switch (outcome.type) {
    case 'done':
    case 'repeated':
      return {
        isRepeated: outcome.type === 'repeated',
        answer: {
          id,
          client,
          isAuthorized: true,
          amount: formatAmount(charge.amount),
          currency,
          balance: formatAmount(outcome.balanceMicros),
          recordedAt: new Date(outcome.recordedAtMs).toISOString(),
        },
      };
    case 'insufficient_balance':
    case 'unknown_account':
    case 'currency_mismatch':
      return {
        isRepeated: false,
        answer: { id, client, isAuthorized: false, reason: outcome.type },
      };
    default:
      throw idProblem(outcome);
  }
}
