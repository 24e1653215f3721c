import {
  type ChargeAnswer,
  type ChargeBatchAnswer,
  type ChargeBody,
  REFUSAL_REASONS,
} from '#shared/contracts/charges.ts';
import { formatAmount, formatMicros, shareOf } from '#shared/domain/money.ts';
import { ProblemError } from '#shared/platform/problem-error.ts';
import { fingerprintOf } from '#shared/platform/receipts.ts';
import {
  type BalanceChange,
  type ChangeOutcome,
  changeBalance,
  changeBalances,
} from './balance-store.ts';
import type { Charging } from './charging.ts';
import { meteredAt } from './metered-at.ts';
import { isAmong } from './outcome.ts';
import { problemOf } from './problem-of.ts';

type Charge = ChargeBody & { readonly id: string };

export interface ChargeResult {
  readonly answer: ChargeAnswer;
  /** True where the answer is that of an earlier request with this id. */
  readonly isRepeated: boolean;
}

/**
 * Debits an account once for an id and records the event. A refusal is an answer, changes nothing and is
 * not remembered: a retry after a top-up is decided afresh. Throws `ProblemError` id_reused,
 * charge_id_expired, charge_id_in_future, time_out_of_bounds, balances_incomplete or unavailable.
 */
export async function chargeClient(charging: Charging, charge: Charge): Promise<ChargeResult> {
  const change = toChange(charging, charge, charging.nowMs());
  const outcome = await changeBalance(charging.accounts, change);
  return {
    answer: toAnswer(charge, outcome),
    isRepeated: outcome.type === 'repeated',
  };
}

/** Debits many accounts as `chargeClient` does, each by itself: what that would throw is the answer's `problem`. */
export async function chargeBatch(
  charging: Charging,
  charges: readonly Charge[],
): Promise<ChargeBatchAnswer> {
  const nowMs = charging.nowMs();
  const prepared = charges.map((charge) => orProblem(() => toChange(charging, charge, nowMs)));
  const changes = prepared.filter(
    (change): change is BalanceChange => !(change instanceof ProblemError),
  );
  const outcomes = (await changeBalances(charging.accounts, changes))[Symbol.iterator]();
  return {
    answers: charges.map((charge, index) => {
      const change = prepared[index];
      const outcome = change instanceof ProblemError ? change : outcomes.next().value;
      const answer =
        outcome instanceof ProblemError
          ? outcome
          : orProblem(() => toAnswer(charge, outcome as ChangeOutcome));
      if (!(answer instanceof ProblemError)) return answer;
      return { id: charge.id, client: charge.client, problem: answer.toProblem() };
    }),
  };
}

function orProblem<T>(work: () => T): T | ProblemError {
  try {
    return work();
  } catch (error) {
    if (error instanceof ProblemError) return error;
    throw error;
  }
}

function toChange(charging: Charging, charge: Charge, nowMs: number): BalanceChange {
  const { id, client, currency, meter, amount, quantity } = charge;
  const isUpTo = charge.upTo === true;
  return {
    isUpTo,
    event: {
      kind: 'charge',
      id,
      client,
      currency,
      amountMicros: amount,
      ...meteredAt(charging, charge.occurredAt, nowMs),
      meter,
      quantityMicros: quantity,
      fingerprint: fingerprintOf(
        client,
        amount,
        currency,
        meter,
        quantity,
        charge.occurredAt,
        isUpTo,
      ),
    },
  };
}

function toAnswer(
  { id, client, currency, ...charge }: Charge,
  outcome: ChangeOutcome,
): ChargeAnswer {
  if (outcome.type === 'done' || outcome.type === 'repeated') {
    const [granted] = outcome.values;
    const amount = granted === undefined ? charge.amount : BigInt(granted);
    return {
      id,
      client,
      isAuthorized: true,
      amount: formatAmount(amount),
      ...(granted !== undefined && {
        requestedAmount: formatAmount(charge.amount),
        quantity: formatMicros(shareOf(charge.quantity, amount, charge.amount)),
      }),
      currency,
      balance: formatAmount(outcome.balanceMicros),
      recordedAt: new Date(outcome.recordedAtMs).toISOString(),
    };
  }
  if (isAmong(outcome, REFUSAL_REASONS))
    return { id, client, isAuthorized: false, reason: outcome.type };
  throw problemOf(outcome);
}
