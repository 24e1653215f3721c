import { describe, expect, test } from '@jest/globals';

const base = process.env.TOLLGATE_API_URL;
const authorization = `Bearer ${process.env.TOLLGATE_API_KEY}`;

describe('the deployed HTTP API', () => {
  test('serves its OpenAPI document', async () => {
    const response = await fetch(`${base}/v1/openapi.json`, { headers: { authorization } });
    expect(await response.json()).toMatchObject({ openapi: '3.1.0' });
  });
});
