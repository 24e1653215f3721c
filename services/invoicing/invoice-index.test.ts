import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { BatchGetCommand, DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { mockClient } from 'aws-sdk-client-mock';
import { connectDynamo } from '#shared/platform/dynamo.ts';

const pausesMs: number[] = [];
jest.unstable_mockModule('node:timers/promises', () => ({
  setTimeout: async (pauseMs: number) => {
    pausesMs.push(pauseMs);
  },
}));
const { createInvoiceIndex } = await import('./invoice-index.ts');
const { invoiceItem } = await import('./testing/memory-store.ts');

const mock = mockClient(DynamoDBDocumentClient);
const index = createInvoiceIndex(connectDynamo(new DynamoDBClient({})), 'invoices');

beforeEach(() => {
  mock.reset();
  pausesMs.length = 0;
});

describe("a page of a client's heads", () => {
  const [a, b] = [invoiceItem({ period: '2026-10-H2' }), invoiceItem()];
  const { pk, sk } = a;

  test('that DynamoDB ended before its limit says where to go on', async () => {
    mock.on(QueryCommand).resolves({ Items: [a], LastEvaluatedKey: { pk, sk } });
    expect(await index.headsOfClient('acme', undefined, 'forward', undefined, 10)).toEqual({
      heads: [a],
      last: { pk, sk },
    });
  });

  test('that is the last one does not', async () => {
    mock.on(QueryCommand).resolves({ Items: [b] });
    const after = { pk, sk };
    const page = await index.headsOfClient('acme', '2026-11-H1', 'forward', after, 10);
    expect(page).toEqual({ heads: [b] });
    expect(mock.commandCalls(QueryCommand)[0]?.args[0].input).toMatchObject({
      ExclusiveStartKey: { pk, sk },
      ExpressionAttributeValues: { ':pk': 'CLIENT#acme', ':sk': 'INVOICE#2026-11-H1#' },
    });
  });
});

describe('a batch of heads', () => {
  const [a, b] = [invoiceItem({ client: 'a' }), invoiceItem({ client: 'b' })];

  test('asks again for what DynamoDB has left out, and keeps the order', async () => {
    mock
      .on(BatchGetCommand)
      .resolvesOnce({
        Responses: { invoices: [b] },
        UnprocessedKeys: { invoices: { Keys: [{ pk: a.pk, sk: a.sk }] } },
      })
      .resolvesOnce({ Responses: { invoices: [a] } });
    const heads = await index.headsOf([a, b]);
    expect(heads.map(({ client }) => client)).toEqual(['a', 'b']);
    expect(pausesMs).toEqual([50]);
  });

  test('gives up when it stays left out, after pauses that double', async () => {
    mock.on(BatchGetCommand).resolves({
      UnprocessedKeys: { invoices: { Keys: [{ pk: a.pk, sk: a.sk }] } },
    });
    await expect(index.headsOf([a])).rejects.toThrow('unprocessed');
    expect(pausesMs).toEqual([50, 100, 200, 400]);
  });
});
