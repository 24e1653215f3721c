import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import { Account } from '#shared/contracts/accounts.ts';
import { ChargeAnswer, ChargeBatchAnswer } from '#shared/contracts/charges.ts';
import { handler as adjustAccount } from './handlers/adjust-account.ts';
import { handler as changeTerms } from './handlers/change-terms.ts';
import { handler as chargeBatch } from './handlers/charge-batch.ts';
import { handler as chargeClient } from './handlers/charge-client.ts';
import { handler as getAccount } from './handlers/get-account.ts';
import { handler as openAccount } from './handlers/open-account.ts';
import { handler as topUpAccount } from './handlers/top-up-account.ts';
import { placeHold, releaseHold } from './hold-store.ts';
import { bodyOf, httpRequest, type RequestParts } from './testing/http-request.ts';
import { useOwnHandlers } from './testing/own-handlers.ts';
import { HOUR_MS, hold, newClient, release } from './testing/store.ts';

const own = useOwnHandlers();
let client: string;

beforeEach(async () => {
  client = await open('10');
});

async function open(openingBalance: string): Promise<string> {
  const name = newClient();
  const body = { client: name, currency: 'USD', openingBalance };
  expect((await openAccount(httpRequest({ body }))).statusCode).toBe(201);
  return name;
}

const good = (changes: object = {}) => ({
  id: randomUUID(),
  client,
  amount: '0.05',
  currency: 'USD',
  meter: 'requests',
  quantity: '1',
  ...changes,
});

async function answersOf(charges: readonly object[]) {
  const response = await chargeBatch(httpRequest({ body: { charges } }));
  expect(response.statusCode).toBe(200);
  return ChargeBatchAnswer.parse(bodyOf(response)).answers;
}

async function chargeOnce(changes: object) {
  const response = await chargeClient(httpRequest({ body: good(changes) }));
  expect(response.statusCode).toBe(200);
  return ChargeAnswer.parse(bodyOf(response));
}

async function account(): Promise<Account> {
  return Account.parse(bodyOf(await getAccount(httpRequest({ client }))));
}

/** The account after a change of its terms, or the code of the problem. */
async function setTerms(terms: object, parts: RequestParts = {}) {
  const response = await changeTerms(httpRequest({ client, body: terms, ...parts }));
  const body = bodyOf(response);
  return response.statusCode === 200 ? Account.parse(body) : [response.statusCode, body.code];
}

describe('a batch of charges', () => {
  test('answers each as it would alone, in their order', async () => {
    const other = await open('1');
    const nobody = newClient();
    const earlier = good({ amount: '0.5' });
    await chargeClient(httpRequest({ body: earlier }));
    const charges = [
      good(),
      good({ client: other, amount: '0.75' }),
      good({ client: nobody }),
      good({ client: other, amount: '0.5' }),
      earlier,
      { ...earlier, quantity: '2' },
      good({ currency: 'EUR' }),
      good({ occurredAt: new Date(Date.now() + HOUR_MS).toISOString() }),
      good({ id: ulid(Date.now() - 26 * HOUR_MS) }),
      good({ id: ulid(Date.now() + HOUR_MS) }),
      good({ client: other, amount: '9', quantity: '36', upTo: true }),
      good(),
    ];
    const answers = await answersOf(charges);
    const refused = (reason: string) => ({ isAuthorized: false, reason });
    const problem = (code: string) => ({ problem: { code } });
    expect(answers).toMatchObject([
      { isAuthorized: true, amount: '0.05', balance: '9.45' },
      { isAuthorized: true, amount: '0.75', balance: '0.25' },
      refused('unknown_account'),
      refused('insufficient_balance'),
      { isAuthorized: true, amount: '0.50', balance: '9.50' },
      problem('id_reused'),
      refused('currency_mismatch'),
      problem('time_out_of_bounds'),
      problem('charge_id_expired'),
      problem('charge_id_in_future'),
      {
        ...{ isAuthorized: true, amount: '0.25', requestedAmount: '9.00' },
        ...{ quantity: '1', balance: '0.00' },
      },
      { isAuthorized: true, amount: '0.05', balance: '9.40' },
    ]);
    expect(answers.map(({ id, client: of }) => [id, of])).toEqual(
      charges.map(({ id, client: of }) => [id, of]),
    );
    expect((await own.eventsOf(client)).map(({ kind }) => kind)).toEqual([
      ...['opening', 'charge', 'charge', 'charge'],
    ]);
  });

  test('sent again is answered the same, and charged once', async () => {
    const charges = Array.from({ length: 30 }, () => good({ amount: '0.5' }));
    const first = await answersOf(charges);
    const authorized = first.filter((answer) => 'isAuthorized' in answer && answer.isAuthorized);
    expect(authorized).toHaveLength(20);
    expect(await own.changesNothing(() => answersOf(charges))).toEqual(first);
  });

  test('charges one id that is in it twice once', async () => {
    const charge = good();
    const [first, second, third] = await answersOf([charge, charge, { ...charge, amount: '1' }]);
    expect(first).toMatchObject({ isAuthorized: true, balance: '9.95' });
    expect(second).toEqual(first);
    expect(third).toMatchObject({ problem: { code: 'id_reused', status: 409 } });
    expect((await account()).balance).toBe('9.95');
  });

  test('of 1,000 is taken, and leaves what its answers say', async () => {
    const clients = await Promise.all(Array.from({ length: 10 }, () => open('4')));
    const charges = Array.from({ length: 1_000 }, (_, index) =>
      good({ client: clients[index % 10] }),
    );
    const answers = await answersOf(charges);
    const authorized = answers.filter((answer) => 'isAuthorized' in answer && answer.isAuthorized);
    expect(authorized).toHaveLength(800);
    for (client of clients) expect((await account()).balance).toBe('0.00');
  });

  test.each<[string, () => RequestParts, number, string, string?]>([
    ['no charges', () => ({ body: { charges: [] } }), 400, 'invalid_body', '/charges'],
    [
      'a charge too many',
      () => ({ body: { charges: Array.from({ length: 1_001 }, () => good()) } }),
      400,
      'invalid_body',
      '/charges',
    ],
    [
      'a charge without an id',
      () => ({ body: { charges: [good(), good({ id: undefined })] } }),
      400,
      'invalid_body',
      '/charges/1/id',
    ],
    [
      'a bad amount',
      () => ({ body: { charges: [good(), good(), good({ amount: '-1' })] } }),
      400,
      'invalid_body',
      '/charges/2/amount',
    ],
    [
      'more beside the charges',
      () => ({ body: { charges: [good()], note: 'x' } }),
      400,
      'invalid_body',
      '',
    ],
    ['an array', () => ({ body: [good()] }), 400, 'invalid_body', ''],
    [
      'a body of more than 1 MB',
      () => ({ body: { charges: [good()], note: 'x'.repeat(1_000_000) } }),
      413,
      'body_too_large',
    ],
    [
      'a key without the scope',
      () => ({ body: { charges: [good()] }, scopes: 'usage operate' }),
      403,
      'scope_missing',
    ],
  ])('%s is refused as a whole', async (...[, parts, status, code, pointer]) => {
    const response = await own.changesNothing(() => chargeBatch(httpRequest(parts())));
    const problem = bodyOf(response);
    expect([response.statusCode, problem.code]).toEqual([status, code]);
    if (pointer !== undefined) {
      const pointers = problem.issues.map((issue: { pointer: string }) => issue.pointer);
      expect(pointers).toContain(pointer);
    }
  });
});

describe('a charge up to an amount', () => {
  test('takes what is left, says so, and again the same', async () => {
    const body = good({ amount: '40', quantity: '8', upTo: true });
    const first = await chargeClient(httpRequest({ body }));
    expect(ChargeAnswer.parse(bodyOf(first))).toMatchObject({
      ...{ isAuthorized: true, amount: '10.00', requestedAmount: '40.00' },
      ...{ quantity: '2', balance: '0.00' },
    });
    await topUpAccount(httpRequest({ client, body: { id: 'x', amount: '50', currency: 'USD' } }));
    const again = await chargeClient(httpRequest({ body }));
    expect(bodyOf(again)).toEqual(bodyOf(first));
    expect(again.headers).toMatchObject({ 'idempotent-replayed': 'true' });
    expect((await own.eventsOf(client))[1]).toMatchObject({
      amountMicros: 10_000_000n,
      quantityMicros: 2_000_000n,
    });
  });

  test('takes all of it where that is there', async () => {
    expect(await chargeOnce({ amount: '4', quantity: '8', upTo: true })).toMatchObject({
      ...{ isAuthorized: true, amount: '4.00', requestedAmount: '4.00' },
      ...{ quantity: '8', balance: '6.00' },
    });
  });

  test('is refused where nothing is left, and one of nothing is not', async () => {
    await chargeOnce({ amount: '10' });
    expect(await chargeOnce({ amount: '1', upTo: true })).toMatchObject({
      isAuthorized: false,
      reason: 'insufficient_balance',
    });
    expect(await chargeOnce({ amount: '0', upTo: true })).toMatchObject({
      ...{ isAuthorized: true, amount: '0.00', requestedAmount: '0.00', quantity: '1' },
    });
  });

  test('is another request than one of exactly that amount', async () => {
    const body = good({ amount: '4' });
    await chargeClient(httpRequest({ body }));
    const response = await chargeClient(httpRequest({ body: { ...body, upTo: true } }));
    expect([response.statusCode, bodyOf(response).code]).toEqual([409, 'id_reused']);
    const same = await chargeClient(httpRequest({ body: { ...body, upTo: false } }));
    expect(same.headers).toMatchObject({ 'idempotent-replayed': 'true' });
  });
});

describe('the terms of an account', () => {
  test('are in its answer from the start, with what it holds and what is available', async () => {
    expect(await account()).toEqual({
      ...{ client, currency: 'USD', balance: '10.00', held: '0.00', available: '10.00' },
      ...{ creditLimit: '0.00', status: 'open' },
    });
    await placeHold(own.store, hold(client, 4_000_000n, 'h'), HOUR_MS);
    await setTerms({ creditLimit: '3' });
    expect(await account()).toMatchObject({
      ...{ balance: '10.00', held: '4.00', available: '6.00', creditLimit: '3.00' },
    });
  });

  test('frozen: charges are refused with their reason, top-ups are taken; opened again, all goes on', async () => {
    expect(await setTerms({ status: 'frozen' })).toMatchObject({ status: 'frozen' });
    const refused = { isAuthorized: false, reason: 'account_frozen' };
    expect(await chargeOnce({})).toMatchObject(refused);
    expect(await answersOf([good(), good()])).toMatchObject([refused, refused]);
    const change = { id: 'x', amount: '1', currency: 'USD' };
    for (const handler of [topUpAccount, adjustAccount]) {
      expect((await handler(httpRequest({ client, body: change }))).statusCode).toBe(200);
    }
    expect(await setTerms({ status: 'open' })).toMatchObject({ balance: '12.00', status: 'open' });
    expect(await chargeOnce({})).toMatchObject({ isAuthorized: true });
  });

  test('closed: nothing changes, and what holds money cannot be closed', async () => {
    await placeHold(own.store, hold(client, 4_000_000n, 'h'), HOUR_MS);
    const close = () => setTerms({ status: 'closed' });
    expect(await own.changesNothing(close)).toEqual([409, 'account_has_holds']);
    await releaseHold(own.store, release(client, 'h'));
    expect(await close()).toMatchObject({ status: 'closed', balance: '10.00' });
    expect(await chargeOnce({})).toMatchObject({ isAuthorized: false, reason: 'account_closed' });
    const body = { id: 'x', amount: '1', currency: 'USD' };
    const response = await own.changesNothing(() => topUpAccount(httpRequest({ client, body })));
    expect([response.statusCode, bodyOf(response).code]).toEqual([409, 'account_closed']);
  });

  test('a credit limit lets the balance go below zero, and cannot be set below what is used', async () => {
    await setTerms({ creditLimit: '5' });
    expect(await chargeOnce({ amount: '14' })).toMatchObject({ balance: '-4.00' });
    expect(await chargeOnce({ amount: '1.000001' })).toMatchObject({
      reason: 'insufficient_balance',
    });
    expect(await account()).toMatchObject({ balance: '-4.00', available: '-4.00' });
    const lower = () => setTerms({ creditLimit: '3.999999' });
    expect(await own.changesNothing(lower)).toEqual([422, 'balance_out_of_range']);
    expect(await setTerms({ creditLimit: '4' })).toMatchObject({ creditLimit: '4.00' });
    expect(await chargeOnce({ amount: '0.01' })).toMatchObject({ isAuthorized: false });
  });

  test('set again as they are change nothing', async () => {
    const terms = { status: 'frozen', creditLimit: '5' };
    const first = await setTerms(terms);
    expect(await own.changesNothing(() => setTerms(terms))).toEqual(first);
  });

  test.each<[string, RequestParts, number, string]>([
    ['nothing to change', { body: {} }, 400, 'invalid_body'],
    ['an unknown status', { body: { status: 'paused' } }, 400, 'invalid_body'],
    ['a limit below zero', { body: { creditLimit: '-1' } }, 400, 'invalid_body'],
    ['a limit over the bound', { body: { creditLimit: '1000000000.01' } }, 400, 'invalid_body'],
    ['more', { body: { status: 'frozen', note: 'x' } }, 400, 'invalid_body'],
    ['nobody', { client: 'nobody' }, 404, 'unknown_account'],
    ['a bad client', { client: 'a b' }, 400, 'invalid_parameter'],
    ['a key without the scope', { scopes: 'charge usage' }, 403, 'scope_missing'],
  ])('%s is refused and changes nothing', async (_name, parts, status, code) => {
    const refused = () => setTerms({ status: 'frozen' }, parts);
    expect(await own.changesNothing(refused)).toEqual([status, code]);
  });
});
