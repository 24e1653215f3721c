import { DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { mockClient } from 'aws-sdk-client-mock';
import { PriceListAnswer } from '#shared/contracts/daily-usage.ts';
import { bodyOf, httpRequest } from '#shared/testing/http-request.ts';
import { handler } from './handlers/list-prices.ts';

const dynamo = mockClient(DynamoDBDocumentClient);

beforeAll(() => {
  jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  Object.assign(process.env, { PRICES_TABLE: 'prices', AWS_REGION: 'us-east-1' });
});
afterAll(() => {
  jest.restoreAllMocks();
});
beforeEach(() => {
  dynamo.reset();
});

async function list(scopes = 'operate') {
  return bodyOf(await handler(httpRequest({ routeKey: 'GET /v1/prices', scopes })));
}

test('shows the price list by meter', async () => {
  const sms = { sk: 'sms', currency: 'EUR', amount: '0.075', per: '1' };
  const others = { sk: '*', currency: 'USD', amount: '2.50', per: '1000000' };
  dynamo.on(QueryCommand).resolves({ Items: [sms, others] });
  expect(PriceListAnswer.parse(await list())).toEqual({
    prices: [
      { meter: '*', currency: 'USD', amount: '2.50', per: '1000000' },
      { meter: 'sms', currency: 'EUR', amount: '0.075', per: '1' },
    ],
  });
});

test('without a price list there are no prices', async () => {
  dynamo.on(QueryCommand).resolves({ Items: [] });
  expect(await list()).toEqual({ prices: [] });
});

test('the table is away, or the key may not', async () => {
  dynamo.on(QueryCommand).rejects(new Error('away'));
  expect(await list()).toMatchObject({ status: 503, code: 'unavailable' });
  expect(await list('usage charge')).toMatchObject({ status: 403, code: 'scope_missing' });
});
