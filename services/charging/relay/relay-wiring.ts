import { SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod/mini';
import { hasBatches } from '#services/aggregation/public.ts';
import { MAX_DECIDED_BYTES } from '#shared/contracts/outbox-entry.ts';
import { MAX_BATCH_BYTES, MAX_BATCH_EVENTS } from '#shared/contracts/sealed-batch.ts';
import { connectImpatientDynamo } from '#shared/platform/dynamo.ts';
import { integer, readEnv, text } from '#shared/platform/env.ts';
import { once } from '#shared/platform/once.ts';
import { connectRedisOf, redisSettings } from '#shared/platform/settings.ts';
import type { Relay } from './relay-events.ts';

/** Apart from the other wiring, so that the charge path carries no AWS SDK. */
export const wireRelay = once((): Relay => {
  const env = readEnv(
    z.object({
      ...redisSettings,
      CONSUMPTION_QUEUE_URL: text,
      RELAY_LINGER_MS: integer(0, 60_000),
      RELAY_REPLICAS: integer(0, 5),
      LEDGER_TABLE: text,
    }),
  );
  const ledger = { dynamo: connectImpatientDynamo(), table: env.LEDGER_TABLE };
  return {
    redis: connectRedisOf({
      ...env,
      REDIS_TIMEOUT_MS: Math.max(env.REDIS_TIMEOUT_MS, 2_000),
    }),
    shards: env.SHARDS,
    sqs: new SQSClient({ useQueueUrlAsEndpoint: false }),
    queueUrl: env.CONSUMPTION_QUEUE_URL,
    limits: {
      maxEvents: MAX_BATCH_EVENTS,
      maxBytes: MAX_BATCH_BYTES,
      bytesPerEvent: MAX_DECIDED_BYTES,
      lingerMs: env.RELAY_LINGER_MS,
    },
    replicas: env.RELAY_REPLICAS,
    concurrency: 16,
    isInLedger: (shard) => hasBatches(ledger, shard),
  };
});
