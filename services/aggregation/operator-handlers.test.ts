import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { mockClient } from 'aws-sdk-client-mock';
import { DailyUsage } from '#shared/contracts/daily-usage.ts';
import type { HttpRequest } from '#shared/platform/http.ts';
import { bodyOf, httpRequest } from '#shared/testing/http-request.ts';
import { handler as getDailyUsage } from './handlers/get-daily-usage.ts';
import { handler as listDeadLetters } from './handlers/list-dead-letters.ts';
import { handler as redriveSome } from './handlers/redrive-some.ts';

const dynamo = mockClient(DynamoDBDocumentClient);
const sqs = mockClient(SQSClient);

beforeAll(() => {
  jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  jest.spyOn(Date, 'now').mockReturnValue(Date.parse('2026-11-15T23:30:00Z'));
  Object.assign(process.env, {
    USAGE_TABLE: 'usage',
    BILLING_TIME_ZONE: 'Europe/Berlin',
    CONSUMPTION_QUEUE_URL: 'http://127.0.0.1/queue',
    CONSUMPTION_DLQ_URL: 'http://127.0.0.1/dlq',
    AWS_REGION: 'us-east-1',
  });
});
afterAll(() => {
  jest.restoreAllMocks();
});
beforeEach(() => {
  dynamo.reset();
  sqs.reset();
});

interface Asked {
  readonly client?: string;
  readonly period?: string;
  readonly scopes?: string;
}

function request({ client = 'acme', period, scopes = 'operate' }: Asked = {}): HttpRequest {
  return httpRequest({
    ...{ routeKey: 'GET /v1/clients/{client}/usage', path: { client }, scopes },
    ...(period !== undefined && { query: { period } }),
  });
}

describe('GET /v1/clients/{client}/usage', () => {
  const record = {
    ...{ client: 'acme', day: '2026-11-03', meter: 'sms', currency: 'EUR', source: 'prepaid' },
    ...{ events: 2n, quantityMicros: 2_500_000n, amountMicros: 150_000n },
  };

  test('answers the daily records of a half month', async () => {
    dynamo.on(QueryCommand).resolves({ Items: [record] });
    expect(
      DailyUsage.parse(bodyOf(await getDailyUsage(request({ period: '2026-11-H1' })))),
    ).toEqual({
      client: 'acme',
      period: '2026-11-H1',
      days: [
        {
          ...{ day: '2026-11-03', meter: 'sms', source: 'prepaid', currency: 'EUR' },
          ...{ events: 2, quantity: '2.5', amount: '0.15' },
        },
      ],
    });
    expect(dynamo.commandCalls(QueryCommand)[0]?.args[0].input).toMatchObject({
      ExpressionAttributeValues: {
        ':pk': 'CLIENT#acme',
        ':start': 'DAY#2026-11-01',
        ':end': 'DAY#2026-11-16',
      },
    });
  });

  test('of the half month that runs in the billing time zone, where none is named', async () => {
    dynamo.on(QueryCommand).resolves({});
    expect(bodyOf(await getDailyUsage(request()))).toEqual({
      ...{ client: 'acme', period: '2026-11-H2', days: [] },
    });
  });

  test.each<[Asked, string]>([
    [{ client: 'a b' }, 'client'],
    [{ period: '2026-11' }, 'period'],
  ])('refuses %j', async (asked, name) => {
    const body = bodyOf(await getDailyUsage(request(asked)));
    expect(body).toMatchObject({ status: 400, code: 'invalid_parameter' });
    expect(body.detail).toContain(name);
  });

  test('the table is away', async () => {
    dynamo.on(QueryCommand).rejects(new Error('away'));
    expect(bodyOf(await getDailyUsage(request()))).toMatchObject({ code: 'unavailable' });
  });
});

describe('dead letters', () => {
  test.each([listDeadLetters, redriveSome])('the queue is away', async (handler) => {
    sqs.on(GetQueueAttributesCommand).rejects(new Error('away'));
    expect(bodyOf(await handler(request()))).toMatchObject({ status: 503, code: 'unavailable' });
  });

  test('nothing to redrive', async () => {
    sqs.on(GetQueueAttributesCommand).resolves({ Attributes: {} });
    expect(bodyOf(await redriveSome(request()))).toEqual({ redriven: 0 });
  });
});

test.each([getDailyUsage, listDeadLetters, redriveSome])('only operators', async (handler) => {
  const response = await handler(request({ scopes: 'usage charge' }));
  expect(bodyOf(response)).toMatchObject({ status: 403, code: 'scope_missing' });
});
