import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import { startProxy, type TcpProxy } from '#shared/testing/tcp-proxy.ts';
import { startValkey, type Valkey } from '#shared/testing/valkey.ts';
import { waitUntil } from '#shared/testing/wait-until.ts';
import { handler as chargeClient } from './handlers/charge-client.ts';
import { handler as getAccount } from './handlers/get-account.ts';
import { bodyOf, httpRequest, setEnvironment } from './testing/http-request.ts';
import { connectTo, journalOf, openNew, storeOn } from './testing/store.ts';
import { wireCharging } from './wiring.ts';

const TIMEOUT_MS = 500;
/** Within the ten seconds of the function, however busy the machine is. */
const BOUND_MS = 8_000;

let valkey: Valkey;
let proxy: TcpProxy;
let direct: Redis;
let client: string;
const written = jest.spyOn(process.stdout, 'write').mockReturnValue(true);

beforeAll(async () => {
  valkey = await startValkey();
  proxy = await startProxy(valkey.port);
  direct = connectTo(valkey.url);
  setEnvironment(proxy.url, TIMEOUT_MS);
});
afterAll(async () => {
  wireCharging().accounts.redis.disconnect();
  direct.disconnect();
  await proxy.close();
  await valkey.stop();
  jest.restoreAllMocks();
});
beforeEach(async () => {
  client = await openNew(storeOn(direct), 10_000_000n);
});

function chargeRequest() {
  const rest = { amount: '1', currency: 'USD', meter: 'requests', quantity: '1' };
  return httpRequest({ body: { id: randomUUID(), client, ...rest } });
}

async function isUnavailableWithinBound(request: ReturnType<typeof chargeRequest>) {
  const startedMs = performance.now();
  const response = await chargeClient(request);
  expect(performance.now() - startedMs).toBeLessThan(BOUND_MS);
  expect(response).toMatchObject({ statusCode: 503, headers: { 'retry-after': '1' } });
  expect(bodyOf(response)).toMatchObject({ code: 'unavailable' });
  expect(response.body).not.toContain('127.0.0.1');
  const line = JSON.parse(String(written.mock.lastCall?.[0]));
  expect(line).toMatchObject({ status: 503, cause: expect.any(String) });
}

/** Sends the same request until it is answered, as a client does. */
async function untilAnswered(request: ReturnType<typeof chargeRequest>) {
  let response = await chargeClient(request);
  await waitUntil(async () => {
    if (response.statusCode === 503) response = await chargeClient(request);
    return response.statusCode === 200;
  });
  return response;
}

const journalOfClient = async () =>
  (await journalOf(direct)).filter((event) => event.client === client);

async function expectChargedOnce(response: Awaited<ReturnType<typeof untilAnswered>>) {
  expect(bodyOf(response)).toMatchObject({ isAuthorized: true, balance: '9.00' });
  expect((await journalOfClient()).map(({ kind }) => kind)).toEqual(['opening', 'charge']);
  expect(bodyOf(await getAccount(httpRequest({ client }))).balance).toBe('9.00');
}

test('away from the first request on: 503, nothing charged, and once when it is back', async () => {
  await proxy.close();
  const request = chargeRequest();
  for (let count = 0; count < 3; count++) await isUnavailableWithinBound(request);
  expect((await getAccount(httpRequest({ client }))).statusCode).toBe(503);
  expect(await journalOfClient()).toHaveLength(1);
  await proxy.open();
  const response = await untilAnswered(request);
  expect(response.headers).not.toHaveProperty('idempotent-replayed');
  await expectChargedOnce(response);
});

test('taken away and back in between', async () => {
  await untilAnswered(chargeRequest());
  client = await openNew(storeOn(direct), 10_000_000n);
  await proxy.close();
  const request = chargeRequest();
  await isUnavailableWithinBound(request);
  await proxy.open();
  await expectChargedOnce(await untilAnswered(request));
});

test('the answer is lost: 503, and the retry tells that it took effect', async () => {
  const request = chargeRequest();
  proxy.behave('lose_answers');
  await isUnavailableWithinBound(request);
  expect(await journalOfClient()).toHaveLength(2);
  proxy.behave('pass');
  const response = await untilAnswered(request);
  expect(response.headers).toMatchObject({ 'idempotent-replayed': 'true' });
  await expectChargedOnce(response);
});

test('nothing gets through: 503, and the retry is the first that arrives', async () => {
  const request = chargeRequest();
  proxy.behave('silent');
  await isUnavailableWithinBound(request);
  proxy.behave('pass');
  await expectChargedOnce(await untilAnswered(request));
});

test('the connection died while the process slept: 503, then a new connection', async () => {
  await untilAnswered(chargeRequest());
  client = await openNew(storeOn(direct), 10_000_000n);
  proxy.forgetConnections();
  const request = chargeRequest();
  await isUnavailableWithinBound(request);
  await expectChargedOnce(await untilAnswered(request));
});

test('it hangs and goes on later: what it still had to do is done once', async () => {
  await untilAnswered(chargeRequest());
  client = await openNew(storeOn(direct), 10_000_000n);
  const request = chargeRequest();
  valkey.freeze();
  try {
    await isUnavailableWithinBound(request);
    await isUnavailableWithinBound(request);
  } finally {
    valkey.thaw();
  }
  await expectChargedOnce(await untilAnswered(request));
});

test('many requests at once while it is away are each answered within the bound', async () => {
  await proxy.close();
  const requests = Array.from({ length: 32 }, chargeRequest);
  await Promise.all(requests.map(isUnavailableWithinBound));
  await proxy.open();
  await Promise.all(requests.slice(0, 10).map(untilAnswered));
  expect(await journalOfClient()).toHaveLength(11);
  const refused = await untilAnswered(requests[10] as (typeof requests)[number]);
  expect(bodyOf(refused)).toMatchObject({ isAuthorized: false, reason: 'insufficient_balance' });
});
