import { describe, expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import { connectApi } from '#localstack/run/api.ts';
import { waitUntil } from '#shared/testing/wait-until.ts';

const api = connectApi(
  process.env.TOLLGATE_API_URL as string,
  process.env.TOLLGATE_API_KEY as string,
);

async function openAccount(openingBalance: string): Promise<string> {
  const client = `prepaid-${ulid()}`;
  const { status } = await api.post('/v1/accounts', { client, currency: 'USD', openingBalance });
  expect(status).toBe(201);
  return client;
}

const metered = { currency: 'USD', meter: 'api.requests', quantity: '1' };
const accountOf = async (client: string) => (await api.get(`/v1/accounts/${client}`)).body;

describe('at the deployed API', () => {
  test('a hold is captured in parts, and what is left comes back', async () => {
    const client = await openAccount('10');
    const hold = { id: ulid(), client, amount: '4', currency: 'USD', expiresInSeconds: 600 };
    const placed = await api.post('/v1/holds', hold);
    expect(placed.body).toMatchObject({ isAuthorized: true, balance: '10.00', available: '6.00' });
    expect((await api.post('/v1/holds', hold)).body).toEqual(placed.body);
    expect((await api.get(`/v1/accounts/${client}/holds`)).body).toMatchObject({
      holds: [{ id: hold.id, left: '4.00' }],
    });

    const capture = { client, hold: hold.id, ...metered };
    const first = { ...capture, id: ulid(), amount: '1.5', isFinal: false };
    expect((await api.post('/v1/holds/captures', first)).body).toMatchObject({
      isAuthorized: true,
      ...{ amount: '1.50', left: '2.50', balance: '8.50', available: '6.00' },
    });
    const tooMuch = { ...capture, id: ulid(), amount: '3' };
    expect((await api.post('/v1/holds/captures', tooMuch)).body).toMatchObject({
      isAuthorized: false,
      reason: 'insufficient_hold',
    });
    expect(
      (await api.post('/v1/holds/captures', { ...tooMuch, id: ulid(), upTo: true })).body,
    ).toMatchObject({ amount: '2.50', requestedAmount: '3.00', left: '0.00', balance: '6.00' });
    expect(
      await api.post('/v1/holds/releases', { id: ulid(), client, hold: hold.id }),
    ).toMatchObject({ status: 404, body: { code: 'unknown_hold' } });
  });

  test('a hold whose time is up gives its money back by itself', async () => {
    const client = await openAccount('1');
    const hold = { id: ulid(), client, amount: '1', currency: 'USD', expiresInSeconds: 1 };
    expect((await api.post('/v1/holds', hold)).body).toMatchObject({ available: '0.00' });
    // Nothing but reading: no charge comes by to notice. The schedule's first tick is a minute after the deploy.
    await waitUntil(async () => (await accountOf(client)).available === '1.00', 150_000);
    expect(await accountOf(client)).toMatchObject({ balance: '1.00', held: '0.00' });
  }, 160_000);

  test('a batch answers each charge by itself', async () => {
    const [rich, poor] = [await openAccount('100'), await openAccount('0.10')];
    const charge = (client: string, amount: string) => ({
      ...{ id: ulid(), client, amount },
      ...metered,
    });
    const charges = [
      charge(rich, '1'),
      charge(poor, '1'),
      { ...charge(poor, '1'), upTo: true },
      charge('nobody', '1'),
      ...Array.from({ length: 996 }, () => charge(rich, '0.01')),
    ];
    const { body } = await api.post('/v1/charges/batch', { charges });
    const answers = body.answers as Record<string, unknown>[];
    expect(answers.slice(0, 4)).toMatchObject([
      { isAuthorized: true, balance: '99.00' },
      { isAuthorized: false, reason: 'insufficient_balance' },
      { isAuthorized: true, amount: '0.10', requestedAmount: '1.00', balance: '0.00' },
      { isAuthorized: false, reason: 'unknown_account' },
    ]);
    expect(await accountOf(rich)).toMatchObject({ balance: '89.04' });
    const again = await api.post('/v1/charges/batch', { charges });
    expect((again.body.answers as unknown[])[0]).toEqual(answers[0]);
    expect((again.body.answers as unknown[]).at(-1)).toEqual(answers.at(-1));
    expect(await accountOf(rich)).toMatchObject({ balance: '89.04' });
  });

  test('the statement shows every change with its balance; a charge is given back in parts', async () => {
    const client = await openAccount('5');
    const charge = { id: ulid(), client, amount: '2', ...metered };
    await api.post('/v1/charges', charge);
    const entries = async () => {
      const { body } = await api.get(`/v1/accounts/${client}/entries`);
      return body.entries as Record<string, unknown>[];
    };
    await waitUntil(async () => (await entries()).length === 2, 150_000);
    const reverse = (amount?: string) =>
      api.post(`/v1/accounts/${client}/reversals`, {
        id: ulid(),
        charge: { id: charge.id },
        ...(amount !== undefined && { amount }),
      });
    expect(await reverse('0.5')).toMatchObject({ status: 200, body: { balance: '3.50' } });
    expect(await reverse('1.6')).toMatchObject({ status: 422, body: { code: 'over_reversed' } });
    expect((await reverse()).body).toMatchObject({ amount: '1.50', balance: '5.00' });
    expect(await reverse()).toMatchObject({ status: 422 });
    await waitUntil(async () => (await entries()).length === 4, 60_000);
    expect((await entries()).map(({ kind, balance }) => [kind, balance])).toEqual([
      ['reversal', '5.00'],
      ['reversal', '3.50'],
      ['charge', '3.00'],
      ['opening', '5.00'],
    ]);
  }, 220_000);
});
