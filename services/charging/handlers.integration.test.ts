import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import { ulid } from 'ulid';
import { Account, BalanceChange } from '#shared/contracts/accounts.ts';
import { ChargeAnswer } from '#shared/contracts/charges.ts';
import { startValkey, type Valkey } from '#shared/testing/valkey.ts';
import { handler as adjustAccount } from './handlers/adjust-account.ts';
import { handler as chargeClient } from './handlers/charge-client.ts';
import { handler as getAccount } from './handlers/get-account.ts';
import { handler as openAccount } from './handlers/open-account.ts';
import { handler as topUpAccount } from './handlers/top-up-account.ts';
import { bodyOf, httpRequest, type RequestParts, setEnvironment } from './testing/http-request.ts';
import { complete, connectTo, contentsOf, HOUR_MS, journalOf, newClient } from './testing/store.ts';
import { wireCharging } from './wiring.ts';

const DAY_MS = 24 * HOUR_MS;

let valkey: Valkey;
let redis: Redis;
let client: string;
const written = jest.spyOn(process.stdout, 'write').mockReturnValue(true);

beforeAll(async () => {
  valkey = await startValkey();
  redis = connectTo(valkey.url);
  setEnvironment(valkey.url);
  await complete(wireCharging().accounts);
});
afterAll(async () => {
  wireCharging().accounts.redis.disconnect();
  redis.disconnect();
  await valkey.stop();
  jest.restoreAllMocks();
});
beforeEach(async () => {
  client = newClient();
  await openAccount(httpRequest({ body: { client, currency: 'USD', openingBalance: '10' } }));
  written.mockClear();
});

const good = () => ({
  id: randomUUID(),
  client,
  amount: '0.05',
  currency: 'USD',
  meter: 'requests',
  quantity: '1',
});
const inDays = (days: number) => new Date(Date.now() + days * 24 * HOUR_MS).toISOString();
const eventsOfClient = async () =>
  (await journalOf(redis)).filter((event) => event.client === client);

describe('a charge that is refused as a request', () => {
  const changed = (changes: object) => ({ body: { ...good(), ...changes } });
  const without = (field: string) => {
    const { [field]: _, ...rest } = good() as Record<string, unknown>;
    return { body: rest };
  };

  /** What is wrong; the request; status and code; where the issue points to. */
  const CASES: [string, () => RequestParts, number, string, string?][] = [
    ...['0.0000001', '-1', '-0.01', '1000000000.000001', '1e3', ' 1', '1,5', '.5', '', '0x1'].map(
      (amount): (typeof CASES)[number] => [
        `amount ${JSON.stringify(amount)}`,
        () => changed({ amount }),
        400,
        'invalid_body',
        '/amount',
      ],
    ),
    ['amount as a number', () => changed({ amount: 0.05 }), 400, 'invalid_body', '/amount'],
    ['amount of null', () => changed({ amount: null }), 400, 'invalid_body', '/amount'],
    ['no amount', () => without('amount'), 400, 'invalid_body', '/amount'],
    ['unknown currency', () => changed({ currency: 'XYZ' }), 400, 'invalid_body', '/currency'],
    [
      'currency in small letters',
      () => changed({ currency: 'usd' }),
      400,
      'invalid_body',
      '/currency',
    ],
    ['no currency', () => without('currency'), 400, 'invalid_body', '/currency'],
    ['quantity below zero', () => changed({ quantity: '-1' }), 400, 'invalid_body', '/quantity'],
    [
      'quantity over the bound',
      () => changed({ quantity: '1000000000000.000001' }),
      400,
      'invalid_body',
      '/quantity',
    ],
    ['client with a space', () => changed({ client: 'a b' }), 400, 'invalid_body', '/client'],
    [
      'client that closes a hash tag',
      () => changed({ client: 'a}b' }),
      400,
      'invalid_body',
      '/client',
    ],
    [
      'client of 129 characters',
      () => changed({ client: 'a'.repeat(129) }),
      400,
      'invalid_body',
      '/client',
    ],
    ['no client', () => without('client'), 400, 'invalid_body', '/client'],
    ['meter with a slash', () => changed({ meter: 'a/b' }), 400, 'invalid_body', '/meter'],
    ['id with a space', () => changed({ id: 'a b' }), 400, 'invalid_body', '/id'],
    ['id of nothing', () => changed({ id: '' }), 400, 'invalid_body', '/id'],
    ['unknown field', () => changed({ tip: '1' }), 400, 'invalid_body', ''],
    [
      'occurredAt not a time',
      () => changed({ occurredAt: 'now' }),
      400,
      'invalid_body',
      '/occurredAt',
    ],
    [
      'occurredAt without offset',
      () => changed({ occurredAt: '2026-11-21T12:00:00' }),
      400,
      'invalid_body',
      '/occurredAt',
    ],
    [
      '30 February',
      () => changed({ occurredAt: '2026-02-30T12:00:00Z' }),
      400,
      'invalid_body',
      '/occurredAt',
    ],
    ['occurredAt too old', () => changed({ occurredAt: inDays(-63) }), 422, 'time_out_of_bounds'],
    [
      'occurredAt in the future',
      () => changed({ occurredAt: inDays(1) }),
      422,
      'time_out_of_bounds',
    ],
    ['no body', () => ({}), 400, 'malformed_json'],
    ['empty body', () => ({ body: '' }), 400, 'malformed_json'],
    ['half a body', () => ({ body: '{"client":' }), 400, 'malformed_json'],
    ['XML', () => ({ body: '<charge/>' }), 400, 'malformed_json'],
    [
      'base64 of something else',
      () => ({ body: 'no JSON', isBase64Encoded: true }),
      400,
      'malformed_json',
    ],
    ['an array', () => ({ body: [good()] }), 400, 'invalid_body', ''],
    ['null', () => ({ body: 'null' }), 400, 'invalid_body', ''],
    [
      'a __proto__',
      () => ({ body: `{"__proto__":{"amount":"1"},${JSON.stringify(good()).slice(1)}` }),
      400,
      'invalid_body',
      '',
    ],
    [
      'text/plain',
      () => ({ ...changed({}), headers: { 'content-type': 'text/plain' } }),
      415,
      'unsupported_media_type',
    ],
    [
      'a form',
      () => ({ ...changed({}), headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
      415,
      'unsupported_media_type',
    ],
    ['a large body', () => changed({ note: 'x'.repeat(16_384) }), 413, 'body_too_large'],
    [
      'a body that is large in bytes',
      () => changed({ note: 'é'.repeat(8_192) }),
      413,
      'body_too_large',
    ],
    [
      'a large body in base64',
      () => ({ ...changed({ note: 'x'.repeat(16_384) }), isBase64Encoded: true }),
      413,
      'body_too_large',
    ],
    ['no id', () => without('id'), 400, 'id_required'],
    [
      'two ids',
      () => ({ ...changed({}), headers: { 'idempotency-key': 'another' } }),
      400,
      'id_required',
    ],
    [
      'a bad id in the header',
      () => ({ ...without('id'), headers: { 'idempotency-key': 'a b' } }),
      400,
      'invalid_parameter',
    ],
    [
      'an id of 26 hours ago',
      () => changed({ id: ulid(Date.now() - 26 * HOUR_MS) }),
      409,
      'charge_id_expired',
    ],
    [
      'an id of tomorrow',
      () => changed({ id: ulid(Date.now() + 24 * HOUR_MS) }),
      422,
      'charge_id_in_future',
    ],
    [
      'a key without the scope',
      () => ({ ...changed({}), scopes: 'usage operate' }),
      403,
      'scope_missing',
    ],
    ['a key without any scope', () => ({ ...changed({}), scopes: '' }), 403, 'scope_missing'],
    [
      'a scope that only contains the name',
      () => ({ ...changed({}), scopes: 'supercharge' }),
      403,
      'scope_missing',
    ],
  ];

  test.each(CASES)('%s', async (...[, parts, status, code, pointer]) => {
    const before = await contentsOf(redis);
    const response = await chargeClient(httpRequest(parts()));
    expect(response.statusCode).toBe(status);
    expect(response.headers?.['content-type']).toBe('application/problem+json');
    const problem = bodyOf(response);
    expect(problem).toMatchObject({
      type: `urn:tollgate:problem:${code}`,
      code,
      status,
      title: expect.any(String),
      detail: expect.stringMatching(/\.$/),
    });
    expect(problem.issues?.map((issue: { pointer: string }) => issue.pointer)).toEqual(
      pointer === undefined ? undefined : expect.arrayContaining([pointer]),
    );
    expect(await contentsOf(redis)).toEqual(before);
  });

  test('names every issue of a body', async () => {
    const response = await chargeClient(
      httpRequest({
        body: { client: '', amount: '-1', currency: 'X', meter: '', quantity: 'x', y: 1 },
      }),
    );
    const { issues } = bodyOf(response);
    expect(issues).toHaveLength(6);
    expect(issues.at(-1)).toEqual({ pointer: '', detail: 'has unknown fields: y' });
  });

  test('an id that another request has used, with both fingerprints', async () => {
    const body = good();
    await chargeClient(httpRequest({ body }));
    const before = await contentsOf(redis);
    const response = await chargeClient(httpRequest({ body: { ...body, quantity: '2' } }));
    expect(response.statusCode).toBe(409);
    const { code, data } = bodyOf(response);
    expect(code).toBe('id_reused');
    expect(data.fingerprint).toMatch(/^[\w-]{11}$/);
    expect(data.firstFingerprint).not.toBe(data.fingerprint);
    expect(await contentsOf(redis)).toEqual(before);
  });

  test('without an authorizer', async () => {
    const request = httpRequest({ body: good() });
    const { authorizer, ...context } = request.requestContext;
    const bare = { ...request, requestContext: context } as typeof request;
    expect((await chargeClient(bare)).statusCode).toBe(403);
  });
});

describe('a charge', () => {
  test.each<[string, (body: ReturnType<typeof good>) => RequestParts]>([
    ['as JSON', (body) => ({ body })],
    ['in base64', (body) => ({ body, isBase64Encoded: true })],
    [
      'with a charset',
      (body) => ({ body, headers: { 'content-type': 'application/json; charset=utf-8' } }),
    ],
    [
      'with its id in the header',
      ({ id, ...body }) => ({ body, headers: { 'idempotency-key': id } }),
    ],
    ['with its id in both', (body) => ({ body, headers: { 'idempotency-key': body.id } })],
  ])('%s is authorized, answered, and recorded with its day', async (_name, make) => {
    const lastOfYesterdayMs = Math.floor(Date.now() / DAY_MS) * DAY_MS - 1;
    const occurredAt = new Date(lastOfYesterdayMs).toISOString();
    const body = { ...good(), occurredAt };
    const response = await chargeClient(httpRequest(make(body)));
    expect(response).toMatchObject({
      statusCode: 200,
      headers: { 'content-type': 'application/json' },
    });
    expect(response.headers).not.toHaveProperty('idempotent-replayed');
    expect(ChargeAnswer.parse(bodyOf(response))).toEqual({
      id: body.id,
      client,
      isAuthorized: true,
      amount: '0.05',
      currency: 'USD',
      balance: '9.95',
      recordedAt: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect((await eventsOfClient()).at(-1)).toMatchObject({
      kind: 'charge',
      id: body.id,
      day: occurredAt.slice(0, 10),
      occurredAtMs: lastOfYesterdayMs,
      quantityMicros: 1_000_000n,
    });
  });

  test('sent twice is answered twice with the same, and marked', async () => {
    const body = good();
    const first = await chargeClient(httpRequest({ body }));
    // Written another way, it is the same request.
    const { amount, ...rest } = body;
    const second = await chargeClient(httpRequest({ body: { ...rest, amount: '0.050' } }));
    expect(bodyOf(second)).toEqual(bodyOf(first));
    expect(second.headers).toMatchObject({ 'idempotent-replayed': 'true' });
    expect(await eventsOfClient()).toHaveLength(2);
  });

  test.each([
    ['insufficient_balance', () => ({ amount: '10.000001' })],
    ['unknown_account', () => ({ client: newClient() })],
    ['currency_mismatch', () => ({ currency: 'EUR' })],
  ])('refused: %s', async (reason, changes) => {
    const body = { ...good(), ...changes() };
    const before = await contentsOf(redis);
    const response = await chargeClient(httpRequest({ body }));
    expect(response.statusCode).toBe(200);
    const answer = { id: body.id, client: body.client, isAuthorized: false, reason };
    expect(ChargeAnswer.parse(bodyOf(response))).toEqual(answer);
    expect(await contentsOf(redis)).toEqual(before);
  });

  test('writes one line in the log', async () => {
    await chargeClient(httpRequest({ body: { ...good(), amount: 'x' } }));
    expect(written).toHaveBeenCalledTimes(1);
    expect(JSON.parse(String(written.mock.calls[0]?.[0]))).toMatchObject({
      status: 400,
      code: 'invalid_body',
      keyId: 'k1',
    });
  });
});

describe('accounts', () => {
  const balance = async () => bodyOf(await getAccount(httpRequest({ client }))).balance;

  test('open once, answer as they stand, and refuse other terms', async () => {
    const terms = { client: newClient(), currency: 'EUR', openingBalance: '1' };
    const open = async (changes = {}) => {
      const response = await openAccount(httpRequest({ body: { ...terms, ...changes } }));
      return [
        response.statusCode,
        bodyOf(response).code ?? Account.parse(bodyOf(response)).balance,
      ];
    };
    expect(await open()).toEqual([201, '1.00']);
    expect(await open()).toEqual([200, '1.00']);
    expect(await open({ openingBalance: '1.000000' })).toEqual([200, '1.00']);
    expect(await open({ openingBalance: '2' })).toEqual([409, 'account_exists']);
    expect(await open({ currency: 'USD' })).toEqual([409, 'account_exists']);
    expect(await open({ openingBalance: '-1' })).toEqual([400, 'invalid_body']);
  });

  test('top-ups and adjustments change the balance once for an id', async () => {
    const change = async (
      handler: typeof topUpAccount,
      amount: string,
      id: string = randomUUID(),
    ) => {
      const response = await handler(
        httpRequest({ client, body: { id, amount, currency: 'USD' } }),
      );
      return bodyOf(response).code ?? BalanceChange.parse(bodyOf(response)).balance;
    };
    expect(await change(topUpAccount, '5', 'x')).toBe('15.00');
    expect(await change(adjustAccount, '-0.5', 'x')).toBe('14.50');
    expect(await change(topUpAccount, '5', 'x')).toBe('15.00');
    expect(await change(topUpAccount, '6', 'x')).toBe('id_reused');
    expect(await change(adjustAccount, '-14.500001')).toBe('balance_out_of_range');
    expect(await change(adjustAccount, '0.25')).toBe('14.75');
    expect(await balance()).toBe('14.75');
  });

  test.each<[string, typeof topUpAccount, RequestParts, number, string]>([
    [
      'top-up of nothing',
      topUpAccount,
      { body: { id: 'x', amount: '0', currency: 'USD' } },
      400,
      'invalid_body',
    ],
    [
      'top-up below zero',
      topUpAccount,
      { body: { id: 'x', amount: '-1', currency: 'USD' } },
      400,
      'invalid_body',
    ],
    [
      'top-up in another currency',
      topUpAccount,
      { body: { id: 'x', amount: '1', currency: 'EUR' } },
      422,
      'currency_mismatch',
    ],
    [
      'top-up without an id',
      topUpAccount,
      { body: { amount: '1', currency: 'USD' } },
      400,
      'id_required',
    ],
    [
      'top-up of nobody',
      topUpAccount,
      { client: 'nobody', body: { id: 'x', amount: '1', currency: 'USD' } },
      404,
      'unknown_account',
    ],
    [
      'top-up of a bad client',
      topUpAccount,
      { client: 'a b', body: { id: 'x', amount: '1', currency: 'USD' } },
      400,
      'invalid_parameter',
    ],
    [
      'top-up without the scope',
      topUpAccount,
      { scopes: 'charge', body: { id: 'x', amount: '1', currency: 'USD' } },
      403,
      'scope_missing',
    ],
    [
      'adjustment over the bound',
      adjustAccount,
      { body: { id: 'x', amount: '-1000000000.01', currency: 'USD' } },
      400,
      'invalid_body',
    ],
    ['account of nobody', getAccount, { client: 'nobody' }, 404, 'unknown_account'],
    ['account of a bad client', getAccount, { client: 'a/b' }, 400, 'invalid_parameter'],
    ['account without the scope', getAccount, { scopes: 'usage' }, 403, 'scope_missing'],
    [
      'opening without the scope',
      openAccount,
      { scopes: 'charge', body: { client: 'x', currency: 'USD' } },
      403,
      'scope_missing',
    ],
  ])('%s is refused and changes nothing', async (_name, handler, parts, status, code) => {
    const before = await contentsOf(redis);
    const response = await handler(httpRequest({ client, ...parts }));
    expect([response.statusCode, bodyOf(response).code]).toEqual([status, code]);
    expect(await contentsOf(redis)).toEqual(before);
  });
});
