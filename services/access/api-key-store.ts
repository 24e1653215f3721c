import { createHash, randomBytes } from 'node:crypto';
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Scope } from '#shared/contracts/api-keys.ts';
import type { Dynamo } from '#shared/platform/dynamo.ts';

/** Owns the access table: the API keys, by their hash only. */
export interface ApiKeyStore {
  readonly dynamo: Dynamo;
  readonly table: string;
}

export interface ApiKey {
  /** Names the key in logs; tells nothing of the key itself. */
  readonly keyId: string;
  readonly scopes: readonly Scope[];
}

const KEY = /^tg_[A-Za-z0-9_-]{43}$/;

/** A key is 256 random bits, so a plain SHA-256 of it cannot be turned back by guessing. */
function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** Makes a key and stores its hash. The key itself is returned once and kept nowhere. */
export async function createApiKey(
  store: ApiKeyStore,
  name: string,
  scopes: readonly Scope[],
): Promise<string> {
  const key = `tg_${randomBytes(32).toString('base64url')}`;
  const keyId = `${name}-${randomBytes(4).toString('hex')}`;
  await store.dynamo.send(
    new PutCommand({
      TableName: store.table,
      Item: { pk: `KEY#${hashOf(key)}`, sk: 'KEY', keyId, scopes: [...scopes] },
      ConditionExpression: 'attribute_not_exists(pk)',
    }),
  );
  return key;
}

/** What a key may do, or undefined for one that nobody made or that was deleted. */
export async function findApiKey(store: ApiKeyStore, key: string): Promise<ApiKey | undefined> {
  if (!KEY.test(key)) return undefined;
  const { Item } = await store.dynamo.send(
    new GetCommand({ TableName: store.table, Key: { pk: `KEY#${hashOf(key)}`, sk: 'KEY' } }),
  );
  return Item as ApiKey | undefined;
}
