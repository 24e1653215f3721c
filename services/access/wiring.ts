import * as z from 'zod/mini';
import { connectImpatientDynamo } from '#shared/platform/dynamo.ts';
import { readEnv, text } from '#shared/platform/env.ts';
import { once } from '#shared/platform/once.ts';
import type { ApiKeyStore } from './api-key-store.ts';

export const wireAccess = once((): ApiKeyStore => {
  const env = readEnv(z.object({ ACCESS_TABLE: text }));
  return { dynamo: connectImpatientDynamo(), table: env.ACCESS_TABLE };
});
