import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createOwnTable, type OwnTable } from '#shared/testing/own-table.ts';
import { createApiKey, findApiKey } from './api-key-store.ts';

let access: OwnTable;

beforeAll(async () => {
  access = await createOwnTable('access');
});
afterAll(() => access.remove());

test('a key is found by itself, with its scopes and a name that tells nothing of it', async () => {
  const key = await createApiKey(access, 'billing-team', ['charge', 'usage']);
  expect(key).toMatch(/^tg_[A-Za-z0-9_-]{43}$/);
  const found = await findApiKey(access, key);
  expect(found).toMatchObject({ scopes: ['charge', 'usage'] });
  expect(found?.keyId).toMatch(/^billing-team-[0-9a-f]{8}$/);
});

test('only its hash is stored', async () => {
  const key = await createApiKey(access, 'secret', ['operate']);
  const [item] = (await access.items()).filter((each) => String(each.keyId).startsWith('secret-'));
  const secret = key.slice('tg_'.length);
  const bytes = Buffer.from(secret, 'base64url');
  const stored = JSON.stringify(item);
  for (const form of [secret, bytes.toString('hex'), bytes.toString('base64')]) {
    expect(stored).not.toContain(form);
  }
  expect(item?.pk).toMatch(/^KEY#[0-9a-f]{64}$/);
});

test('no two keys are alike, also of one name', async () => {
  const keys = await Promise.all(
    Array.from({ length: 20 }, () => createApiKey(access, 'many', ['charge'])),
  );
  const found = await Promise.all(keys.map((key) => findApiKey(access, key)));
  expect(new Set(keys).size).toBe(keys.length);
  expect(new Set(found.map((each) => each?.keyId)).size).toBe(keys.length);
});

test('what was never made is not found, however close', async () => {
  const key = await createApiKey(access, 'near', ['charge']);
  const [item] = await access.items();
  const others = [
    `tg_${'A'.repeat(43)}`,
    key.slice(0, -1),
    `${key}A`,
    key.toLowerCase(),
    key.slice('tg_'.length),
    ` ${key}`,
    String(item?.pk),
    String(item?.pk).slice('KEY#'.length),
    '',
  ].filter((other) => other !== key);
  for (const other of others) expect(await findApiKey(access, other)).toBeUndefined();
});
