import { DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { mockClient } from 'aws-sdk-client-mock';
import { type FrozenPackage, freezePackage } from '#services/packaging/public.ts';
import { Explanation, LineExplanation } from '#shared/contracts/explanation.ts';
import { encodeEvent } from '#shared/contracts/sealed-batch.ts';
import { toExactJson } from '#shared/domain/exact-json.ts';
import type { UsageEvent } from '#shared/domain/ledger-event.ts';
import type { DailyRecord } from '#shared/domain/usage.ts';
import { dailyRecordsOf, deltasOf, type UsageDelta } from '#shared/domain/usage-tree.ts';
import { bodyOf, httpRequest } from '#shared/testing/http-request.ts';
import { deltaItem, foldItem, ledgerItem } from '#shared/testing/stored-usage.ts';
import { handler } from '../handlers/explain-invoice.ts';

const dynamo = mockClient(DynamoDBDocumentClient);
const written = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
const ID = '2026-11-H1.1.acme';
const BATCH = '01K00000000000000000000001';
const event: UsageEvent = {
  ...{ kind: 'usage', id: 'u-1', origin: '/app', client: 'acme', currency: 'EUR' },
  ...{ amountMicros: 150_000n, quantityMicros: 2_000_000n, meter: 'sms', day: '2026-11-03' },
  ...{ occurredAtMs: 1, recordedAtMs: 2 },
};
const [delta] = deltasOf([event], [encodeEvent(event)]) as [UsageDelta];
const [record] = dailyRecordsOf([{ ...delta, batch: BATCH }]) as [DailyRecord];
const packageOf = (billed: DailyRecord) =>
  freezePackage(
    {
      ...{ id: ID, client: 'acme', period: '2026-11-H1', revision: 1, currency: 'EUR' },
      lines: [{ kind: 'usage', ...billed }],
      ...{ totalMicros: billed.amountMicros, paidMicros: 0n },
    },
    1,
  );
const FROZEN = packageOf(record);

function stored({ item, packed }: FrozenPackage): void {
  const packages = dynamo.on(QueryCommand, { TableName: 'invoices' });
  packages.callsFake(({ ExpressionAttributeValues: values }) => ({
    Items: [':lines' in values ? packed : item],
  }));
}

beforeAll(() => {
  Object.assign(process.env, {
    ...{ LEDGER_TABLE: 'ledger', USAGE_TABLE: 'usage', INVOICES_TABLE: 'invoices', SHARDS: '1' },
    AWS_REGION: 'us-east-1',
  });
});
afterAll(() => {
  jest.restoreAllMocks();
});
beforeEach(() => {
  written.mockClear();
  dynamo.reset();
  stored(FROZEN);
  dynamo
    .on(QueryCommand, { TableName: 'usage' })
    .resolvesOnce({ Items: [foldItem('2026-11-03', 0, { n: 1, batches: [BATCH] })] })
    .resolvesOnce({ Items: [deltaItem(delta, 0, BATCH)] });
  dynamo
    .on(GetCommand, { TableName: 'ledger' })
    .resolves({ Item: ledgerItem({ batch: BATCH, shard: 0, events: [event] }) });
});

function ask(query?: Record<string, string>, id = ID, scopes = 'operate') {
  const routeKey = 'GET /v1/invoices/{id}/explain';
  return handler(httpRequest({ routeKey, path: { id }, query, scopes }));
}

const sums = { events: 1, quantity: '2', amount: '0.15' };

describe('GET /v1/invoices/{id}/explain', () => {
  test('answers the daily records of the invoice', async () => {
    const response = await ask();
    expect(response.statusCode).toBe(200);
    expect(Explanation.parse(bodyOf(response))).toEqual({
      ...{ id: ID, currency: 'EUR', total: '0.15', paid: '0.00' },
      linesSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      linesText: toExactJson([{ kind: 'usage', ...record }]),
      lines: [
        {
          index: 0,
          line: { kind: 'usage', day: '2026-11-03', meter: 'sms', source: 'postpaid', ...sums },
          record: {
            at: sums,
            billedBefore: { events: 0, quantity: '0', amount: '0.00' },
            tree: record.tree,
          },
        },
      ],
    });
  });

  test('with a line, its events', async () => {
    const response = await ask({ line: '0' });
    expect(response.statusCode).toBe(200);
    expect(LineExplanation.parse(bodyOf(response))).toEqual({
      ...{ id: ID, line: 0, tree: record.tree },
      events: [{ text: encodeEvent(event), batch: BATCH, index: 0, sign: '+', proof: [] }],
    });
  });

  test.each<[Record<string, string>, string]>([
    [{ line: '1' }, 'line must be the index of a metered line.'],
    [{ line: 'x' }, 'line must be a whole number.'],
    [{ line: '-1' }, 'line must be a whole number.'],
    [{ line: '0', cursor: '1' }, 'cursor must be the nextCursor of the page before.'],
    [{ line: '0', cursor: 'x' }, 'cursor must be a whole number.'],
    [{ cursor: '1' }, 'cursor needs the line that it is of.'],
    [{ page: '1' }, 'page is none of line, cursor.'],
  ])('refuses %j', async (query, detail) => {
    const response = await ask(query);
    expect(response.statusCode).toBe(400);
    expect(bodyOf(response)).toMatchObject({ code: 'invalid_parameter', detail });
  });

  test.each(['2026-11-H1.2.acme', 'x', '2026-11-H1.1.a b', ''])('knows no %j', async (id) => {
    const response = await ask(undefined, id);
    expect(response.statusCode).toBe(404);
    expect(bodyOf(response)).toMatchObject({ code: 'not_found' });
  });

  test('tells and logs what does not fit together', async () => {
    dynamo.on(GetCommand, { TableName: 'ledger' }).resolves({});
    const response = await ask({ line: '0' });
    expect(response.statusCode).toBe(500);
    const code = 'explanation_inconsistent';
    expect(bodyOf(response)).toMatchObject({ code, detail: expect.stringContaining(BATCH) });
    const [line] = written.mock.calls.map(([text]) => JSON.parse(String(text)));
    expect(line).toMatchObject({ status: 500, code });
  });

  test.each([{ totalMicros: 150_001n }, { paidMicros: 1n }, { currency: 'USD' }])(
    'tells an invoice that says other than its lines: %j',
    async (changes) => {
      stored({ ...FROZEN, item: { ...FROZEN.item, ...changes } });
      expect(bodyOf(await ask())).toMatchObject({ code: 'explanation_inconsistent' });
    },
  );

  test('tells lines that cannot be read, and those from before there were trees', async () => {
    stored({ ...FROZEN, packed: { ...FROZEN.packed, lines: Buffer.from('{') } });
    expect(bodyOf(await ask())).toMatchObject({ code: 'explanation_inconsistent' });
    const { tree: _, ...old } = record;
    stored(packageOf(old));
    expect(bodyOf(await ask()).lines[0].record).toBeUndefined();
    expect((await ask({ line: '0' })).statusCode).toBe(404);
  });

  test('asks to come back when a table is away', async () => {
    dynamo.on(QueryCommand).rejects(new Error('away'));
    const response = await ask();
    expect(response.statusCode).toBe(503);
    expect(bodyOf(response)).toMatchObject({ code: 'unavailable' });
  });

  test('needs the scope operate', async () => {
    expect((await ask(undefined, ID, 'charge usage')).statusCode).toBe(403);
  });
});
