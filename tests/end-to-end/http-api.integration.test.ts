import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import { createApiKey } from '#services/access/api-key-store.ts';
import type { Scope } from '#shared/contracts/api-keys.ts';
import { connectDynamo } from '#shared/platform/dynamo.ts';

const base = process.env.TOLLGATE_API_URL;
const everyScope = process.env.TOLLGATE_API_KEY ?? '';

async function call(path: string, body?: unknown, key = everyScope) {
  const response = await fetch(`${base}${path}`, {
    ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
  });
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    body: (await response.json()) as Record<string, unknown>,
  };
}

function keyWith(...scopes: Scope[]): Promise<string> {
  const dynamo = connectDynamo(new DynamoDBClient({}));
  return createApiKey({ dynamo, table: 'tollgate-local-access' }, 'test', scopes);
}

const charge = (client: string, over: object = {}) => ({
  id: ulid(),
  client,
  amount: '0.05',
  currency: 'USD',
  meter: 'api.requests',
  quantity: '1',
  ...over,
});

describe('the deployed HTTP API', () => {
  test('charges an account once for an id and answers repeats alike', async () => {
    const client = `http-${ulid()}`;
    await call('/v1/accounts', { client, currency: 'USD', openingBalance: '0.12' });
    const body = charge(client);
    const first = await call('/v1/charges', body);
    expect(first).toMatchObject({ status: 200, body: { isAuthorized: true, balance: '0.07' } });
    expect(await call('/v1/charges', body)).toEqual(first);
    expect(await call('/v1/charges', { ...body, amount: '0.06' })).toMatchObject({
      status: 409,
      type: 'application/problem+json',
      body: { code: 'id_reused' },
    });
    await call('/v1/charges', charge(client));
    expect(await call('/v1/charges', charge(client))).toMatchObject({
      status: 200,
      body: { isAuthorized: false, reason: 'insufficient_balance' },
    });
    const topUp = { id: 'top-up-1', amount: '1', currency: 'USD' };
    const toppedUp = await call(`/v1/accounts/${client}/top-ups`, topUp);
    expect(toppedUp.body).toMatchObject({ balance: '1.02' });
    expect(await call(`/v1/accounts/${client}/top-ups`, topUp)).toEqual(toppedUp);
    expect(await call(`/v1/accounts/${client}`)).toMatchObject({ body: { balance: '1.02' } });
  });

  test('lets a key do what its scopes say and nothing else', async () => {
    const usageOnly = await keyWith('usage');
    expect(await call('/v1/charges', charge('nobody'), usageOnly)).toMatchObject({
      status: 403,
      type: 'application/problem+json',
      body: { code: 'scope_missing' },
    });
    expect(await call('/v1/invoices', undefined, usageOnly)).toMatchObject({ status: 403 });
    expect(await call('/v1/openapi.json', undefined, usageOnly)).toMatchObject({ status: 200 });
  });

  test('turns unknown and missing keys away', async () => {
    expect(await call('/v1/openapi.json', undefined, `tg_${'x'.repeat(43)}`)).toMatchObject({
      status: 403,
    });
    expect((await fetch(`${base}/v1/openapi.json`)).status).toBe(401);
  });

  test('serves its OpenAPI document', async () => {
    const { body } = await call('/v1/openapi.json');
    expect(body).toMatchObject({ openapi: '3.1.0' });
    expect(Object.keys(body.paths as object)).toContain('/v1/invoices/{id}/retry');
  });
});
