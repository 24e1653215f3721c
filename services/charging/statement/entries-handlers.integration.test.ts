import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import { ulid } from 'ulid';
import { EntryPage } from '#shared/contracts/entries.ts';
import { Reversal } from '#shared/contracts/reversals.ts';
import type { HttpRequest } from '#shared/platform/http.ts';
import { createOwnTable, type OwnTable } from '#shared/testing/own-table.ts';
import { startValkey, type Valkey } from '#shared/testing/valkey.ts';
import { handler as chargeClient } from '../handlers/charge-client.ts';
import { handler as listEntries } from '../handlers/list-entries.ts';
import { handler as reverseCharge } from '../handlers/reverse-charge.ts';
import { keepEntries } from '../testing/entries.ts';
import { bodyOf, httpRequest, type RequestParts, setEnvironment } from '../testing/http-request.ts';
import { connectTo, journalOf, openNew, storeOn } from '../testing/store.ts';
import { wireCharging } from '../wiring.ts';

let valkey: Valkey;
let redis: Redis;
let entries: OwnTable;
let client: string;

beforeAll(async () => {
  jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  valkey = await startValkey();
  redis = connectTo(valkey.url);
  entries = await createOwnTable('entries');
  setEnvironment(valkey.url);
  Object.assign(process.env, { DURABILITY: 'at_once', ENTRIES_TABLE: entries.table });
});
afterAll(async () => {
  wireCharging().accounts.redis.disconnect();
  redis.disconnect();
  await Promise.all([valkey.stop(), entries.remove()]);
  jest.restoreAllMocks();
});
beforeEach(async () => {
  client = await openNew(storeOn(redis), 10_000_000n);
});

async function charged(): Promise<string> {
  const id = ulid();
  const body = { id, client, amount: '4', currency: 'USD', meter: 'requests', quantity: '2' };
  expect(await chargeClient(httpRequest({ body }))).toMatchObject({ statusCode: 200 });
  await keepEntries(
    entries,
    (await journalOf(redis)).filter((event) => event.client === client),
  );
  return id;
}

const list = (query: Record<string, string> = {}, parts: RequestParts = {}) =>
  listEntries({
    ...httpRequest({ client, ...parts }),
    queryStringParameters: query,
  } as HttpRequest);
const reverse = (body: object, parts: RequestParts = {}) =>
  reverseCharge(httpRequest({ client, body, ...parts }));

describe('GET /v1/accounts/{client}/entries', () => {
  test('answers page by page in the shape of the contract', async () => {
    await charged();
    const first = await list({ limit: '1' });
    expect(first.statusCode).toBe(200);
    const page = EntryPage.parse(bodyOf(first));
    expect(page.entries).toMatchObject([{ kind: 'charge', balance: '6.00', change: '-4.00' }]);
    const second = await list({ limit: '1', cursor: page.nextCursor as string });
    expect(bodyOf(second)).toEqual({
      entries: [expect.objectContaining({ kind: 'opening', amount: '10.00', balance: '10.00' })],
    });
  });

  test.each<[Record<string, string>]>([
    [{ limit: '0' }],
    [{ limit: '101' }],
    [{ cursor: 'forged' }],
    [{ order: 'asc' }],
  ])('refuses %j', async (query) => {
    const response = await list(query);
    expect(response.statusCode).toBe(400);
    expect(bodyOf(response)).toMatchObject({ code: 'invalid_parameter' });
  });

  test('needs the scope charge and a known account', async () => {
    expect(await list({}, { scopes: 'operate' })).toMatchObject({ statusCode: 403 });
    const response = await list({}, { client: 'nobody' });
    expect(response.statusCode).toBe(404);
    expect(bodyOf(response)).toMatchObject({ code: 'unknown_account' });
  });
});

describe('POST /v1/accounts/{client}/reversals', () => {
  test('answers in the shape of the contract, with the id from the header as well', async () => {
    const id = await charged();
    const headers = { 'idempotency-key': 'r-1' };
    const first = await reverse({ charge: { id }, amount: '1', currency: 'USD' }, { headers });
    expect(first.statusCode).toBe(200);
    expect(Reversal.parse(bodyOf(first))).toMatchObject({
      id: 'r-1',
      charge: { id, kind: 'charge' },
      amount: '1.00',
      quantity: '0.5',
      balance: '7.00',
    });
    const again = await reverse({ id: 'r-1', charge: { id }, amount: '1.00', currency: 'USD' });
    expect(again).toEqual(first);
  });

  const some = { id: 'r-1', charge: { id: '01K00000000000000000000000' } };
  /** What is wrong; the body; status and code; where the issue points to, if to one. */
  test.each<[string, object, number, string, string]>([
    ['no id', { charge: some.charge }, 400, 'id_required', ''],
    ['no charge', { id: 'r-1' }, 400, 'invalid_body', '/charge'],
    ['an amount of zero', { ...some, amount: '0' }, 400, 'invalid_body', '/amount'],
    [
      'another kind',
      { ...some, charge: { ...some.charge, kind: 'top_up' } },
      400,
      'invalid_body',
      '/charge/kind',
    ],
    [
      'no time of the charge',
      { ...some, charge: { id: 'order-17' } },
      400,
      'invalid_body',
      '/charge/recordedAt',
    ],
    ['an unknown charge', some, 404, 'unknown_charge', ''],
  ])('refuses %s', async (_, body, status, code, pointer) => {
    const response = await reverse(body);
    expect(response.statusCode).toBe(status);
    expect(bodyOf(response)).toMatchObject({
      code,
      ...(pointer && { issues: [{ pointer }] }),
    });
  });

  test('tells when to come back for a charge that is on its way to the ledger', async () => {
    expect(await reverse({ id: 'r-1', charge: { id: ulid() } })).toMatchObject({
      statusCode: 404,
      headers: { 'retry-after': '5' },
    });
  });

  test('refuses more than was charged, and needs the scope operate', async () => {
    const id = await charged();
    const response = await reverse({ id: 'r-1', charge: { id }, amount: '4.000001' });
    expect(response.statusCode).toBe(422);
    expect(bodyOf(response)).toMatchObject({ code: 'over_reversed' });
    const body = { id: 'r-1', charge: { id } };
    expect(await reverse(body, { scopes: 'charge usage' })).toMatchObject({ statusCode: 403 });
  });
});

test('a table that takes connections and never answers is a 503 before the function times out', async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket.on('error', () => {})));
  await once(silent.listen(0, '127.0.0.1'), 'listening');
  const endpoint = process.env.AWS_ENDPOINT_URL;
  process.env.AWS_ENDPOINT_URL = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  jest.resetModules();
  try {
    const lister = await import('../handlers/list-entries.ts');
    const reverser = await import('../handlers/reverse-charge.ts');
    const { wireCharging: wired } = await import('../wiring.ts');
    const startedAtMs = performance.now();
    const responses = await Promise.all([
      lister.handler(httpRequest({ client })),
      reverser.handler(httpRequest({ client, body: { id: 'r-1', charge: { id: ulid() } } })),
    ]);
    expect(performance.now() - startedAtMs).toBeLessThan(8_000);
    wired().accounts.redis.disconnect();
    for (const response of responses) {
      expect(response).toMatchObject({ statusCode: 503, headers: { 'retry-after': '1' } });
      expect(bodyOf(response)).toMatchObject({ code: 'unavailable' });
    }
  } finally {
    process.env.AWS_ENDPOINT_URL = endpoint;
    for (const socket of sockets) socket.destroy();
    silent.close();
  }
}, 15_000);
