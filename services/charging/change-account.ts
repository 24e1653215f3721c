import { randomUUID } from 'node:crypto';
import type { Account, BalanceChange } from '#shared/contracts/accounts.ts';
import type { AccountStatus } from '#shared/domain/ledger-event.ts';
import { formatAmount } from '#shared/domain/money.ts';
import { ProblemError } from '#shared/platform/problem-error.ts';
import { fingerprintOf } from '#shared/platform/receipts.ts';
import { type AccountState, changeTerms, openAccount, readAccount } from './account-store.ts';
import { changeBalance } from './balance-store.ts';
import type { Charging } from './charging.ts';
import { doneOf, problemOf } from './problem-of.ts';

export interface Opening {
  readonly client: string;
  readonly currency: string;
  readonly openingBalance?: bigint | undefined;
}

/** Opens an account; asking again on the same terms answers with it as it stands. Throws `ProblemError` account_exists, balances_incomplete or unavailable. */
export async function openClientAccount(
  charging: Charging,
  { client, currency, openingBalance = 0n }: Opening,
): Promise<{ account: Account; isNew: boolean }> {
  const outcome = await openAccount(charging.accounts, {
    kind: 'opening',
    id: 'opening',
    client,
    currency,
    amountMicros: openingBalance,
    occurredAtMs: charging.nowMs(),
  });
  if (outcome.type === 'incomplete') throw problemOf(outcome);
  if (outcome.type === 'differs') {
    throw new ProblemError(
      'account_exists',
      'An account of this client was opened with another currency or opening balance.',
    );
  }
  return {
    account: await getClientAccount(charging, client),
    isNew: outcome.type === 'opened',
  };
}

/** Throws `ProblemError` unknown_account or unavailable. */
export async function getClientAccount(charging: Charging, client: string): Promise<Account> {
  const account = await readAccount(charging.accounts, client);
  if (!account) throw problemOf({ type: 'unknown_account' });
  return toAccount(account);
}

function toAccount(account: AccountState): Account {
  const { balanceMicros, heldMicros } = account;
  return {
    client: account.client,
    currency: account.currency,
    balance: formatAmount(balanceMicros),
    held: formatAmount(heldMicros),
    available: formatAmount(balanceMicros - heldMicros),
    creditLimit: formatAmount(account.creditLimitMicros),
    status: account.status,
  };
}

/**
 * Freezes, closes or reopens an account, or sets how far below zero its balance may go. Asking again for what is so
 * already changes nothing. Throws `ProblemError` unknown_account, account_has_holds, balance_out_of_range where
 * more than the new limit is used already, balances_incomplete or unavailable.
 */
export async function changeAccountTerms(
  charging: Charging,
  client: string,
  terms: { readonly status?: AccountStatus | undefined; readonly creditLimit?: bigint | undefined },
): Promise<Account> {
  const type = await changeTerms(
    charging.accounts,
    {
      kind: 'terms',
      id: randomUUID(),
      client,
      amountMicros: 0n,
      occurredAtMs: charging.nowMs(),
    },
    { status: terms.status, creditLimitMicros: terms.creditLimit },
  );
  if (type !== 'done' && type !== 'same') throw problemOf({ type });
  return getClientAccount(charging, client);
}

/** Adds to a balance once for an id. Throws `ProblemError` unknown_account, currency_mismatch, account_closed, balance_out_of_range and those of ids. */
export async function changeAccount(
  charging: Charging,
  kind: 'top_up' | 'adjustment',
  client: string,
  id: string,
  { amount, currency }: { readonly amount: bigint; readonly currency: string },
): Promise<BalanceChange> {
  const outcome = await changeBalance(charging.accounts, {
    event: {
      kind,
      id,
      client,
      currency,
      amountMicros: amount,
      occurredAtMs: charging.nowMs(),
      fingerprint: fingerprintOf(amount, currency),
    },
  });
  const done = doneOf(outcome);
  return {
    id,
    client,
    amount: formatAmount(amount),
    currency,
    balance: formatAmount(done.balanceMicros),
    recordedAt: new Date(done.recordedAtMs).toISOString(),
  };
}
