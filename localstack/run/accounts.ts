import pMap from 'p-map';
import { formatAmount, parseMicros } from '#shared/domain/money.ts';
import type { Api, ApiAnswer } from './api.ts';

export interface AccountToReset {
  readonly client: string;
  readonly currency: string;
}

/**
 * Brings accounts to a known balance: opens those that are missing and adjusts the others, so that the
 * journal tells of it. `resetId` must be new for every reset.
 */
export async function resetAccounts(
  api: Api,
  accounts: readonly AccountToReset[],
  balance: string,
  resetId: string,
): Promise<void> {
  await pMap(accounts, (account) => resetAccount(api, account, balance, resetId), {
    concurrency: 8,
  });
}

async function resetAccount(
  api: Api,
  { client, currency }: AccountToReset,
  balance: string,
  resetId: string,
): Promise<void> {
  const found = await api.get(`/v1/accounts/${client}`);
  if (found.status === 404) {
    const opened = await api.post('/v1/accounts', { client, currency, openingBalance: balance });
    expectOk(opened, `account ${client}`);
    return;
  }
  expectOk(found, `account ${client}`);
  const difference =
    (parseMicros(balance) as bigint) - (parseMicros(String(found.body.balance)) as bigint);
  if (difference === 0n) return;
  const amount = formatAmount(difference);
  const adjusted = await api.post(`/v1/accounts/${client}/adjustments`, {
    id: resetId,
    amount,
    currency,
  });
  expectOk(adjusted, `account ${client}`);
}

function expectOk({ status, body }: ApiAnswer, what: string): void {
  if (status >= 300) throw new Error(`${what} was answered ${status}: ${JSON.stringify(body)}`);
}
