import { DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, expect, test } from '@jest/globals';
import { mockClient } from 'aws-sdk-client-mock';
import { connectDynamo } from '#shared/platform/dynamo.ts';
import { cachedPriceList } from './public.ts';

const mock = mockClient(DynamoDBDocumentClient);
const store = { dynamo: connectDynamo(), table: 'prices' };
const priced = (amount: string) => ({
  Items: [{ sk: 'sms', currency: 'EUR', amount, per: '1' }],
});
const reads = () => mock.commandCalls(QueryCommand).length;

let nowMs: number;
beforeEach(() => {
  mock.reset();
  nowMs = 1_000_000;
});

test('the table is asked at most every 30 seconds, and a new price counts after that', async () => {
  mock.on(QueryCommand).resolvesOnce(priced('1.00')).resolves(priced('2.00'));
  const priceList = cachedPriceList(store, () => nowMs);
  const amount = async () => (await priceList()).get('sms')?.amountMicros;
  expect(await amount()).toBe(1_000_000n);
  nowMs += 29_999;
  expect(await amount()).toBe(1_000_000n);
  expect(reads()).toBe(1);
  nowMs += 1;
  expect(await amount()).toBe(2_000_000n);
  expect(reads()).toBe(2);
});

test('requests at the same time share one read', async () => {
  mock.on(QueryCommand).resolves(priced('1.00'));
  const priceList = cachedPriceList(store, () => nowMs);
  await Promise.all([priceList(), priceList(), priceList()]);
  expect(reads()).toBe(1);
});

test('a failure reaches all who wait for it and is not kept', async () => {
  mock.on(QueryCommand).rejectsOnce(new Error('away')).resolves(priced('1.00'));
  const priceList = cachedPriceList(store, () => nowMs);
  const [first, second] = await Promise.allSettled([priceList(), priceList()]);
  expect([first.status, second.status]).toEqual(['rejected', 'rejected']);
  expect((await priceList()).size).toBe(1);
});

test('a read that fails late does not take away a newer list', async () => {
  let fail = (_: Error) => {};
  const late = new Promise<never>((_, reject) => {
    fail = reject;
  });
  mock
    .on(QueryCommand)
    .callsFakeOnce(() => late)
    .resolves(priced('1.00'));
  const priceList = cachedPriceList(store, () => nowMs);
  const first = priceList();
  nowMs += 30_000;
  await priceList();
  fail(new Error('late'));
  await expect(first).rejects.toThrow('late');
  await priceList();
  expect(reads()).toBe(2);
});
