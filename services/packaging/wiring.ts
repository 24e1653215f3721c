import * as z from 'zod/mini';
import { connectDynamo } from '#shared/platform/dynamo.ts';
import { integer, readEnv, text } from '#shared/platform/env.ts';
import { once } from '#shared/platform/once.ts';
import { shards, timeZone } from '#shared/platform/settings.ts';
import type { Packaging } from './package-client.ts';

export const wirePackaging = once(
  (): Packaging & { readonly timeZone: string; readonly chunkClients: number } => {
    const env = readEnv(
      z.object({
        USAGE_TABLE: text,
        INVOICES_TABLE: text,
        SHARDS: shards,
        BILLING_TIME_ZONE: timeZone,
        CHUNK_CLIENTS: integer(1, 10_000),
      }),
    );
    const dynamo = connectDynamo();
    return {
      usage: { dynamo, table: env.USAGE_TABLE },
      packages: { dynamo, table: env.INVOICES_TABLE },
      shards: env.SHARDS,
      timeZone: env.BILLING_TIME_ZONE,
      chunkClients: env.CHUNK_CLIENTS,
      nowMs: Date.now,
    };
  },
);
