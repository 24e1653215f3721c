import * as z from 'zod/mini';
import { connectDynamo } from '#shared/platform/dynamo.ts';
import { readEnv, text } from '#shared/platform/env.ts';
import { once } from '#shared/platform/once.ts';
import { connectRedisOf, redisSettings } from '#shared/platform/settings.ts';
import type { Audit } from './audit-conservation.ts';

export const wireAudit = once((): Audit => {
  const env = readEnv(
    z.object({
      ...redisSettings,
      LEDGER_TABLE: text,
      ENTRIES_TABLE: text,
      USAGE_TABLE: text,
      INVOICES_TABLE: text,
    }),
  );
  const dynamo = connectDynamo();
  return {
    sources: {
      ledger: { dynamo, table: env.LEDGER_TABLE },
      entries: { dynamo, table: env.ENTRIES_TABLE },
      usage: { dynamo, table: env.USAGE_TABLE },
      packages: { dynamo, table: env.INVOICES_TABLE },
    },
    accounts: {
      redis: connectRedisOf(env),
      shards: env.SHARDS,
    },
  };
});
