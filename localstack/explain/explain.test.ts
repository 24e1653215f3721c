import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Explanation, LineExplanation } from '#shared/contracts/explanation.ts';
import { fetchExplanation, toLines } from './fetch-explanation.ts';
import { readExplainSettings } from './settings.ts';

const ID = '2026-11-H1.1.acme';
const sums = { events: 3, quantity: '3', amount: '0.30' };
const tree = { size: 3, root: 'ab' };
const explanation: Explanation = {
  id: ID,
  ...{ currency: 'EUR', total: '0.60', paid: '0.00' },
  linesSha256: 'cd',
  linesText: '[]',
  lines: [
    {
      index: 0,
      line: { kind: 'carry_over', from: '2026-10-H2.1.acme', amount: '0.10', paid: '0.00' },
    },
    {
      index: 1,
      line: { kind: 'usage', day: '2026-11-03', meter: 'sms', source: 'postpaid', ...sums },
      record: { at: sums, billedBefore: { ...sums, events: 0 }, tree },
    },
  ],
};
const page = (changes: Partial<LineExplanation>): LineExplanation => ({
  ...{ id: ID, line: 1, tree, events: [] },
  ...changes,
});

const servers: Server[] = [];
let asked: string[];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function fetchFrom(reply: (path: string) => readonly [status: number, body: object]) {
  return Array.fromAsync(await fetching(reply));
}

async function fetching(reply: (path: string) => readonly [status: number, body: object]) {
  asked = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(`${path} ${request.headers.authorization}`);
    const [status, body] = reply(path);
    response.writeHead(status).end(JSON.stringify(body));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return fetchExplanation({ url: `http://127.0.0.1:${port}`, apiKey: 'tg_x' }, ID, { pauseMs: 1 });
}

test('fetches every page of every line that has a record', async () => {
  const [first, second] = [page({ nextCursor: '2' }), page({})];
  const explained = await fetchFrom((path) => {
    if (!path.includes('line')) return [200, explanation];
    return [200, path.includes('cursor=2') ? second : first];
  });
  expect(explained).toEqual([explanation, first, second]);
  expect(asked).toEqual(
    ['', '?line=1', '?line=1&cursor=2'].map(
      (query) => `/v1/invoices/${ID}/explain${query} Bearer tg_x`,
    ),
  );
});

test('asks for a page once the one before is written, one JSON a line', async () => {
  const lines = toLines(
    await fetching((path) => [
      200,
      path.includes('line') ? page({ nextCursor: '2' }) : explanation,
    ]),
  );
  expect(await lines.next()).toEqual({ done: false, value: `${JSON.stringify(explanation)}\n` });
  expect(asked).toHaveLength(1);
  const { value } = await lines.next();
  expect(JSON.parse(value)).toEqual(page({ nextCursor: '2' }));
  expect(asked).toHaveLength(2);
  await lines.return(undefined);
});

test('asks again where an answer may come, and gives up where it will not', async () => {
  const replies = [[503, {}] as const, [200, { ...explanation, lines: [] }] as const];
  expect(await fetchFrom(() => replies.shift() ?? [500, {}])).toEqual([
    { ...explanation, lines: [] },
  ]);
  await expect(fetchFrom(() => [500, { code: 'explanation_inconsistent' }])).rejects.toThrow(
    'was answered 500: {"code":"explanation_inconsistent"}',
  );
  expect(asked).toHaveLength(1);
  await expect(fetchFrom(() => [503, {}])).rejects.toThrow('was answered 503');
  expect(asked).toHaveLength(5);
});

describe('settings', () => {
  test('name the invoice, here or elsewhere', () => {
    expect(readExplainSettings({ INVOICE: ID })).toEqual({ invoice: ID });
    expect(
      readExplainSettings({ INVOICE: ID, API_URL: 'https://x.example/v1/', API_KEY: 'k' }),
    ).toEqual({ invoice: ID, target: { url: 'https://x.example', apiKey: 'k' } });
  });

  test.each([
    [{}, 'Say which invoice'],
    [{ INVOICE: ID, STAGE: 'prod' }, 'give API_URL'],
    [{ INVOICE: ID, API_URL: 'https://x.example' }, 'API_URL needs API_KEY'],
  ])('%j is not enough', (variables, message) => {
    expect(() => readExplainSettings(variables)).toThrow(message);
  });
});
