import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import type { RebuildAnswer } from '#shared/contracts/rebuild.ts';
import { askShards } from './ask-shards.ts';
import { describeRebuild } from './describe-rebuild.ts';

type Reply = readonly [status: number, body: object];

const answer = (shard: number, changes: Partial<RebuildAnswer> = {}): RebuildAnswer => ({
  shard,
  shards: 3,
  outcome: 'rebuilt',
  ledger: { events: 1_000, accounts: 10, holds: 2 },
  restored: { accounts: 10, holds: 2, receipts: 600 },
  onTheirWay: { outboxEntries: 0, queuedBatches: 0, deadLetters: 0 },
  differing: 0,
  differences: [],
  ...changes,
});

let server: Server | undefined;
let asked: string[];
afterEach(() => {
  server?.close();
});

async function ask(reply: (path: string) => Reply, shard?: number) {
  asked = [];
  server = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers.authorization}`);
    const [status, body] = reply(request.url ?? '');
    response.writeHead(status).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return askShards(
    { url: `http://127.0.0.1:${port}`, apiKey: 'tg_x' },
    {
      ...(shard !== undefined && { shard }),
      ...{ takeLedgerAsWhole: false, onAnswer: () => {}, pauseMs: 1 },
    },
  );
}

const shardIn = (path: string) => Number(path.split('/')[3]);

test('asks for every shard that there is', async () => {
  const answers = await ask((path) => [200, answer(shardIn(path))]);
  expect(answers.map(({ shard }) => shard)).toEqual([0, 1, 2]);
  expect(asked.toSorted()).toEqual(
    [0, 1, 2].map((shard) => `/v1/shards/${shard}/rebuild Bearer tg_x`),
  );
});

test('or for one', async () => {
  const answers = await ask((path) => [200, answer(shardIn(path))], 2);
  expect(answers.map(({ shard }) => shard)).toEqual([2]);
});

test('asks again where there was no answer, and while events are being consumed', async () => {
  const replies: Reply[] = [
    [503, {}],
    [409, { data: { queuedBatches: 5, deadLetters: 0 } }],
    [200, answer(1)],
  ];
  expect(await ask(() => replies.shift() as Reply, 1)).toHaveLength(1);
  expect(asked).toHaveLength(3);
});

test.each<Reply>([
  [409, { data: { queuedBatches: 0, deadLetters: 2 } }],
  [403, {}],
])('ends with what a person has to do (%i)', async (status, body) => {
  await expect(ask(() => [status, body])).rejects.toThrow(`Shard 0 was answered ${status}`);
});

test('sums up', () => {
  expect(describeRebuild([answer(0), answer(1)])).toEqual([
    '              in the ledger  restored',
    'events                2,000',
    'accounts                 20        20',
    'active holds              4         4',
    'receipts                        1,200',
    '',
    'Shards: 2 rebuilt.',
    'No differences.',
  ]);
});

test('shows what differs', () => {
  const side = {
    ...{ currency: 'USD', balance: '1.50', held: '0.50', creditLimit: '0.00' },
    ...{ status: 'open' as const, holds: 1 },
  };
  const lines = describeRebuild([
    answer(0, {
      outcome: 'compared',
      onTheirWay: { outboxEntries: 3, queuedBatches: 2, deadLetters: 0 },
      differing: 21,
      differences: [
        { client: 'a', problem: 'account_differs', ledger: side, store: { ...side, balance: '1' } },
      ],
    }),
    answer(1, {
      outcome: 'incomplete',
      differing: 1,
      differences: [{ client: 'b', problem: 'events_missing', ledger: side }],
    }),
  ]);
  expect(lines.slice(6)).toEqual([
    'Shards: 1 rebuilt but for accounts of which events are missing, 1 complete already and compared.',
    '22 accounts differ:',
    '  shard 0, a: the account differs; ledger 1.50 USD, held 0.50 in 1, limit 0.00, open; store 1 USD, held 0.50 in 1, limit 0.00, open',
    '  shard 0: and 20 more',
    '  shard 1, b: events are missing in the ledger; ledger 1.50 USD, held 0.50 in 1, limit 0.00, open',
    'On their way to the ledger were 3 entries of the outbox, 2 batches and 0 dead letters.',
    'What they change shows as a difference until they are there: ask again.',
  ]);
});
