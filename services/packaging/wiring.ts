import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import { connectDynamo, connectImpatientDynamo } from '#shared/platform/dynamo.ts';
import { type DynamoUse, meterDynamo } from '#shared/platform/dynamo-meter.ts';
import { integer, readEnv, text } from '#shared/platform/env.ts';
import { once } from '#shared/platform/once.ts';
import { shards, timeZone } from '#shared/platform/settings.ts';
import type { WorkerSpeed } from './chunk-size.ts';
import type { Correcting } from './correct-package.ts';
import type { Packaging } from './package-client.ts';
import { ruleSettings, rulesOf } from './settings.ts';

/** A request that hangs, and its retries, must not hold a chunk beyond the half of its time. */
const PATIENCE = { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true };

export const wirePackaging = once(
  (): Packaging & {
    readonly timeZone: string;
    readonly worker: WorkerSpeed;
    /** What of DynamoDB was used since the last call. */
    readonly takeUse: () => DynamoUse;
  } => {
    const env = readEnv(
      z.object({
        USAGE_TABLE: text,
        INVOICES_TABLE: text,
        SHARDS: shards,
        BILLING_TIME_ZONE: timeZone,
        PACKAGING_CLIENTS_PER_SECOND: integer(1, 10_000),
        PACKAGING_CHUNK_SECONDS: integer(10, 900),
        ...ruleSettings,
      }),
    );
    const client = new DynamoDBClient({ requestHandler: PATIENCE });
    const takeUse = meterDynamo(client);
    const dynamo = connectDynamo(client);
    return {
      usage: { dynamo, table: env.USAGE_TABLE },
      packages: { dynamo, table: env.INVOICES_TABLE },
      shards: env.SHARDS,
      rules: rulesOf(env),
      timeZone: env.BILLING_TIME_ZONE,
      worker: {
        clientsPerSecond: env.PACKAGING_CLIENTS_PER_SECOND,
        timeLimitSeconds: env.PACKAGING_CHUNK_SECONDS,
      },
      nowMs: Date.now,
      takeUse,
    };
  },
);

/** For the HTTP route. */
export const wireCorrecting = once((): Correcting => {
  const env = readEnv(z.object({ INVOICES_TABLE: text, SHARDS: shards, ...ruleSettings }));
  return {
    packages: { dynamo: connectImpatientDynamo(), table: env.INVOICES_TABLE },
    shards: env.SHARDS,
    rules: rulesOf(env),
    nowMs: Date.now,
  };
});
