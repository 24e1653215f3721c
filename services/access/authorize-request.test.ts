import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import type { APIGatewayRequestAuthorizerEventV2 } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { log } from '#shared/platform/log.ts';
import { handler } from './handlers/authorize-request.ts';

const KEY = `tg_${'k'.repeat(43)}`;
const FOUND = { pk: 'KEY#…', sk: 'KEY', keyId: 'team-1', scopes: ['charge', 'usage'] };
const mock = mockClient(DynamoDBDocumentClient);
const logged = jest.spyOn(log, 'info').mockImplementation(() => {});

beforeAll(() => {
  process.env.ACCESS_TABLE = 'access';
  process.env.AWS_REGION ??= 'us-east-1';
});
afterAll(() => {
  jest.restoreAllMocks();
});
beforeEach(() => {
  mock.reset();
  logged.mockClear();
});

const authorize = (headers?: Record<string, string>) =>
  handler({ headers } as unknown as APIGatewayRequestAuthorizerEventV2);

test.each([`Bearer ${KEY}`, `bearer ${KEY}`, `BEARER ${KEY}`])(
  'a key that is known may do what its scopes say: %s',
  async (authorization) => {
    mock.on(GetCommand).resolves({ Item: FOUND });
    expect(await authorize({ authorization })).toEqual({
      isAuthorized: true,
      context: { keyId: 'team-1', scopes: 'charge usage' },
    });
  },
);

test.each<[string, Record<string, string> | undefined]>([
  ['no headers', undefined],
  ['no header', {}],
  ['an empty header', { authorization: '' }],
  ['another scheme', { authorization: `Basic ${KEY}` }],
  ['no scheme', { authorization: KEY }],
  ['no key', { authorization: 'Bearer ' }],
  ['two keys', { authorization: `Bearer ${KEY} ${KEY}` }],
  ['something that is no key', { authorization: 'Bearer tg_short' }],
  ['a key with more around it', { authorization: `Bearer "${KEY}"` }],
])('%s is refused without asking the table', async (_, headers) => {
  expect(await authorize(headers)).toEqual({ isAuthorized: false });
  expect(mock.calls()).toHaveLength(0);
});

test('an unknown key is refused', async () => {
  mock.on(GetCommand).resolves({});
  expect(await authorize({ authorization: `Bearer ${KEY}` })).toEqual({ isAuthorized: false });
});

test('where the table does not answer nobody is let in, nor told that the key is wrong', async () => {
  mock.on(GetCommand).rejects(new Error('away'));
  await expect(authorize({ authorization: `Bearer ${KEY}` })).rejects.toThrow('away');
});

test('the log names the key by its id and never shows it', async () => {
  mock.on(GetCommand).resolves({ Item: FOUND });
  await authorize({ authorization: `Bearer ${KEY}` });
  expect(logged).toHaveBeenCalledWith('authorization', { keyId: 'team-1', isAuthorized: true });
  expect(JSON.stringify(logged.mock.calls)).not.toContain('kkkk');
});
