import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { waitUntil } from '#shared/testing/wait-until.ts';
import { RULE_FAULTS, type RuleFault } from './rules.ts';
import { buildInvoiceApi } from './server.ts';
import { DEFAULT_SETTINGS, type Settings } from './settings.ts';

const shares = Object.fromEntries(
  Object.keys(DEFAULT_SETTINGS.shares).map((share) => [share, 0]),
) as Settings['shares'];
const zero = { min: 0, max: 0 };

let server: FastifyInstance;
let url: string;
beforeEach(async () => {
  server = buildInvoiceApi({
    ...DEFAULT_SETTINGS,
    ...{ requestsPerSecond: 1_000, latencyMs: zero, decisionMs: zero, timeoutMs: 1, shares },
  });
  url = await server.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(() => server.close());

function submit(client: string, revision = 1): Promise<Response> {
  const id = `2026-11-H1.${revision}.${client}`;
  const line = { day: '2026-11-02', meter: 'sms', source: 'postpaid', kind: 'usage', events: 1 };
  return fetch(`${url}/invoices`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': id },
    body: JSON.stringify({
      ...{ id, client, period: '2026-11-H1', revision, currency: 'EUR', total: '1', paid: '0' },
      lines: [{ ...line, quantity: '1', amount: '1' }],
    }),
  });
}

const lookUp = (client: string) => fetch(`${url}/invoices/2026-11-H1.1.${client}`);

function setRules(...rules: unknown[]): Promise<Response> {
  return fetch(`${url}/control/rules`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(rules),
  });
}

const outcomeOf = (answer: Promise<Response>) =>
  answer.then(
    async (response) => `${response.status} ${(await response.text()).slice(0, 9)}`,
    () => 'no answer',
  );

async function isBooked(client: string): Promise<boolean> {
  await setRules();
  return (await lookUp(client)).status === 200;
}

const CASES: Record<RuleFault, [answer: string, isBooked: boolean]> = {
  serverErrorBeforeAccepting: ['500 {"type":"', false],
  serverErrorAfterAccepting: ['500 {"type":"', true],
  timeoutBeforeAccepting: ['no answer', false],
  timeoutAfterAccepting: ['no answer', true],
  resetBeforeAccepting: ['no answer', false],
  resetAfterAccepting: ['no answer', true],
  garbageBeforeAccepting: ['200 \u0001\u0006{"STAT"', false],
  garbageAfterAccepting: ['200 \u0001\u0006{"STAT"', true],
  lost: ['202 {"id":"20', false],
  throttled: ['429 {"type":"', false],
  denied: ['401 {"type":"', false],
  rejected: ['202 {"id":"20', true],
  answeredTwice: ['202 {"id":"20', true],
};

test.each(RULE_FAULTS)('%s', async (fault) => {
  const [answer, booked] = CASES[fault];
  await setRules({ fault, clients: 'acme' });
  expect(await outcomeOf(submit('acme'))).toBe(answer);
  expect((await submit('globex')).status).toBe(202);
  expect(await isBooked('acme')).toBe(booked);
});

describe('a rule', () => {
  test('counts what it met, and ends after so many requests about an invoice', async () => {
    await setRules({ fault: 'denied', calls: 'submission', timesEach: 2 });
    const statuses = [];
    for (const client of ['acme', 'acme', 'acme', 'globex']) {
      statuses.push((await submit(client)).status);
    }
    expect(statuses).toEqual([401, 401, 202, 401]);
    const rules = await fetch(`${url}/control/rules`);
    expect(await rules.json()).toMatchObject([{ fault: 'denied', met: 3 }]);
  });

  test('may be about look-ups alone', async () => {
    await setRules({ fault: 'throttled', calls: 'lookUp', retryAfterSeconds: 3_600 });
    expect((await submit('acme')).status).toBe(202);
    const answer = await lookUp('acme');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '3600']);
  });

  test('ends after its time, and with a reset', async () => {
    await setRules({ fault: 'denied', lastsMs: 1 });
    await waitUntil(async () => (await submit('acme')).status === 202);
    await setRules({ fault: 'denied' });
    await fetch(`${url}/control/reset`, { method: 'POST' });
    expect((await submit('globex')).status).toBe(202);
  });

  test('that is none is refused', async () => {
    expect((await setRules({ fault: 'earthquake' })).status).toBe(422);
  });
});

test('an answer sent twice is not taken for that to the next request', async () => {
  await setRules({ fault: 'answeredTwice', calls: 'submission', timesEach: 1 });
  for (const revision of [1, 2, 3, 4]) {
    const answer = await submit('acme', revision).catch(() => submit('acme', revision));
    expect(await answer.json()).toMatchObject({ id: `2026-11-H1.${revision}.acme` });
  }
});
