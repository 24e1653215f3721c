import pMap from 'p-map';
import { formatAmount, parseMicros } from '#shared/domain/money.ts';
import type { Api } from './api.ts';
import type { ChargeToSend } from './send-charges.ts';

/** Opens an account for every client of a replay and tops it up by all that it is about to be charged. Returns how many there are. */
export async function openReplayAccounts(
  api: Api,
  charges: AsyncIterable<ChargeToSend>,
): Promise<number> {
  const needed = new Map<string, { currency: string; micros: bigint }>();
  for await (const { client, currency, amount } of charges) {
    const before = needed.get(client)?.micros ?? 0n;
    needed.set(client, { currency, micros: before + (parseMicros(amount) as bigint) });
  }
  const topUpId = `replay:${Date.now()}`;
  await pMap(
    needed,
    async ([client, { currency, micros }]) => {
      const opened = await api.post('/v1/accounts', { client, currency });
      if (opened.status >= 300 && opened.body.code !== 'account_exists') {
        throw new Error(
          `account ${client} was answered ${opened.status}: ${JSON.stringify(opened.body)}`,
        );
      }
      if (micros === 0n) return;
      const topUp = { id: topUpId, amount: formatAmount(micros), currency };
      const { status, body } = await api.post(`/v1/accounts/${client}/top-ups`, topUp);
      if (status !== 200) {
        throw new Error(`top-up of ${client} was answered ${status}: ${JSON.stringify(body)}`);
      }
    },
    { concurrency: 16 },
  );
  return needed.size;
}
