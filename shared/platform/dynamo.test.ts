import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  BatchWriteCommand,
  DynamoDBDocumentClient,
  QueryCommand,
  ScanCommand,
} from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { mockClient } from 'aws-sdk-client-mock';

const pausesMs: number[] = [];
jest.unstable_mockModule('node:timers/promises', () => ({
  setTimeout: async (pauseMs: number) => {
    pausesMs.push(pauseMs);
  },
}));
const { connectDynamo, isConditionFailure, putItems, queryItems, scanItems } = await import(
  './dynamo.ts'
);

const mock = mockClient(DynamoDBDocumentClient);
const dynamo = connectDynamo();
const items = (count: number) => Array.from({ length: count }, (_, index) => ({ pk: `p${index}` }));
const written = () =>
  mock
    .commandCalls(BatchWriteCommand)
    .map(({ args }) =>
      (args[0].input.RequestItems?.usage ?? []).map((request) => request.PutRequest?.Item?.pk),
    );

beforeEach(() => {
  mock.reset();
  pausesMs.length = 0;
});

describe('putItems', () => {
  test.each([
    [0, []],
    [1, [1]],
    [25, [25]],
    [26, [25, 1]],
    [60, [25, 25, 10]],
  ])('puts %i items in requests of %j', async (count, sizes) => {
    mock.on(BatchWriteCommand).resolves({});
    await putItems(dynamo, 'usage', items(count));
    expect(written().map((keys) => keys.length)).toEqual(sizes);
    expect(written().flat()).toEqual(items(count).map(({ pk }) => pk));
    expect(pausesMs).toEqual([]);
  });

  test('sends again what was not processed, and only that, after growing pauses', async () => {
    const left = (...keys: string[]) => ({
      UnprocessedItems: { usage: keys.map((pk) => ({ PutRequest: { Item: { pk } } })) },
    });
    mock
      .on(BatchWriteCommand)
      .resolvesOnce(left('p1', 'p2'))
      .resolvesOnce(left('p2'))
      .resolves({ UnprocessedItems: {} });
    await putItems(dynamo, 'usage', items(3));
    expect(written()).toEqual([['p0', 'p1', 'p2'], ['p1', 'p2'], ['p2']]);
    expect(pausesMs).toEqual([50, 100]);
  });

  test('gives up after a bounded number of rounds, so that the caller repeats the step', async () => {
    mock
      .on(BatchWriteCommand)
      .resolves({ UnprocessedItems: { usage: [{ PutRequest: { Item: { pk: 'p0' } } }] } });
    await expect(putItems(dynamo, 'usage', items(1))).rejects.toThrow(/writes to usage/);
    expect(written()).toHaveLength(8);
    expect(pausesMs.reduce((sum, pause) => sum + pause, 0)).toBeLessThan(10_000);
  });
});

test.each([
  ['queryItems', QueryCommand, queryItems],
  ['scanItems', ScanCommand, scanItems],
] as const)('%s goes on to the last page, also over empty ones', async (_, command, read) => {
  const next = (pk: string) => ({ LastEvaluatedKey: { pk } });
  mock
    .on(command as typeof QueryCommand)
    .resolvesOnce({ Items: [{ pk: 'a' }, { pk: 'b' }], ...next('b') })
    .resolvesOnce({ Items: [], ...next('c') })
    .resolvesOnce({ Items: [{ pk: 'd' }] });
  const found = await Array.fromAsync(read<{ pk: string }>(dynamo, { TableName: 'usage' }));
  expect(found.map(({ pk }) => pk)).toEqual(['a', 'b', 'd']);
});

test('a failed condition is told from every other failure', () => {
  const failure = new ConditionalCheckFailedException({ $metadata: {}, message: 'no' });
  expect([failure, new Error('no'), undefined, null, 'x'].map(isConditionFailure)).toEqual([
    true,
    false,
    false,
    false,
    false,
  ]);
});
