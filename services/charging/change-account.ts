import type { Account, BalanceChange } from '#shared/contracts/accounts.ts';
import { formatAmount } from '#shared/domain/money.ts';
import { ProblemError } from '#shared/platform/problem-error.ts';
import { changeBalance, openAccount, readAccount } from './account-store.ts';
import type { Charging } from './charging.ts';
import { idProblem } from './id-problem.ts';

export interface Opening {
  readonly client: string;
  readonly currency: string;
  readonly openingBalance?: bigint | undefined;
}

/** Opens an account; asking again on the same terms answers with it as it stands. Throws `ProblemError` account_exists or unavailable. */
export async function openClientAccount(
  charging: Charging,
  { client, currency, openingBalance = 0n }: Opening,
): Promise<{ account: Account; isNew: boolean }> {
  const { type, balanceMicros } = await openAccount(charging.accounts, {
    kind: 'opening',
    id: 'opening',
    client,
    currency,
    amountMicros: openingBalance,
    occurredAtMs: charging.nowMs(),
  });
  if (type === 'differs') {
    throw new ProblemError(
      'account_exists',
      'An account of this client was opened with another currency or opening balance.',
    );
  }
  return { account: toAccount({ client, currency, balanceMicros }), isNew: type === 'opened' };
}

/** Throws `ProblemError` unknown_account or unavailable. */
export async function getClientAccount(charging: Charging, client: string): Promise<Account> {
  const account = await readAccount(charging.accounts, client);
  if (!account) throw unknownAccount(client);
  return toAccount(account);
}

function toAccount(account: { client: string; currency: string; balanceMicros: bigint }): Account {
  const balance = formatAmount(account.balanceMicros);
  return { client: account.client, currency: account.currency, balance, available: balance };
}

/** Adds to a balance once for an id. Throws `ProblemError` unknown_account, currency_mismatch, balance_out_of_range and those of ids. */
export async function changeAccount(
  charging: Charging,
  kind: 'top_up' | 'adjustment',
  client: string,
  id: string,
  change: { readonly amount: bigint; readonly currency: string },
): Promise<BalanceChange> {
  const { amount, currency } = change;
  const outcome = await changeBalance(
    charging.accounts,
    { kind, id, client, currency, amountMicros: amount, occurredAtMs: charging.nowMs() },
    { amount, currency },
  );
  switch (outcome.type) {
    case 'done':
    case 'repeated':
      return {
        id,
        client,
        amount: formatAmount(amount),
        currency,
        balance: formatAmount(outcome.balanceMicros),
        recordedAt: new Date(outcome.recordedAtMs).toISOString(),
      };
    case 'unknown_account':
      throw unknownAccount(client);
    case 'currency_mismatch':
      throw new ProblemError(
        'currency_mismatch',
        `The account of ${client} is not in ${currency}.`,
      );
    case 'insufficient_balance':
      throw new ProblemError('balance_out_of_range', 'The balance would fall below zero.');
    default:
      throw idProblem(outcome);
  }
}

function unknownAccount(client: string): ProblemError {
  return new ProblemError('unknown_account', `Open an account for ${client} first.`);
}
