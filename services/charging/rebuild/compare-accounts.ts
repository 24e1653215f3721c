import type { AccountSide, RebuildDifference } from '#shared/contracts/rebuild.ts';
import type { FoldedAccount } from '#shared/domain/account-fold.ts';
import { formatAmount } from '#shared/domain/money.ts';
import { type AccountState, type AccountStore, readAccount } from '../account-store.ts';
import { type ActiveHold, readHolds } from '../hold-store.ts';

type Store = Pick<AccountStore, 'redis' | 'shards'>;

/** Where an account is not what its events say; undefined where it is. */
export async function compareAccount(
  store: Store,
  account: FoldedAccount,
): Promise<RebuildDifference | undefined> {
  const state = await readAccount(store, account.client);
  const hasHolds = account.holds.size > 0 || (state?.heldMicros ?? 0n) > 0n;
  const holds = hasHolds ? await readHolds(store, account.client) : [];
  const problem = problemWith(account, state, holds);
  return problem && describeDifference(account, problem, state && sideOf(state, holds.length));
}

function problemWith(
  account: FoldedAccount,
  state: AccountState | undefined,
  holds: readonly ActiveHold[],
): RebuildDifference['problem'] | undefined {
  if (!account.isWhole) return 'events_missing';
  if (!state) return 'not_in_store';
  const { currency, balanceMicros, heldMicros, creditLimitMicros, status } = state;
  const isSame =
    currency === account.currency &&
    balanceMicros === account.balanceMicros &&
    heldMicros === account.heldMicros &&
    creditLimitMicros === (account.terms?.creditLimitMicros ?? 0n) &&
    status === (account.terms?.status ?? 'open');
  if (!isSame) return 'account_differs';
  const areSame = holds.every(({ id, leftMicros, expiresAtMs }) => {
    const hold = account.holds.get(id);
    return hold?.leftMicros === leftMicros && hold.expiresAtMs === expiresAtMs;
  });
  return areSame && holds.length === account.holds.size ? undefined : 'holds_differ';
}

export function describeDifference(
  account: FoldedAccount,
  problem: RebuildDifference['problem'],
  store?: AccountSide,
): RebuildDifference {
  const { client, terms, holds, ...sums } = account;
  const state = {
    ...sums,
    creditLimitMicros: terms?.creditLimitMicros ?? 0n,
    status: terms?.status ?? 'open',
  };
  return { client, problem, ledger: sideOf(state, holds.size), ...(store && { store }) };
}

function sideOf(state: Omit<AccountState, 'client'>, holds: number): AccountSide {
  return {
    currency: state.currency,
    balance: formatAmount(state.balanceMicros),
    held: formatAmount(state.heldMicros),
    creditLimit: formatAmount(state.creditLimitMicros),
    status: state.status,
    holds,
  };
}
