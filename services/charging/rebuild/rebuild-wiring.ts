import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod/mini';
import { readShard } from '#services/aggregation/public.ts';
import { connectDynamo } from '#shared/platform/dynamo.ts';
import { readEnv, text } from '#shared/platform/env.ts';
import { once } from '#shared/platform/once.ts';
import { connectRedisOf, recordingSettings, redisSettings } from '#shared/platform/settings.ts';
import type { Rebuild } from './rebuild-balances.ts';

export const wireRebuild = once((): Rebuild => {
  const env = readEnv(
    z.object({
      ...redisSettings,
      RECEIPT_WINDOW_HOURS: recordingSettings.RECEIPT_WINDOW_HOURS,
      LEDGER_TABLE: text,
      CONSUMPTION_QUEUE_URL: text,
      CONSUMPTION_DLQ_URL: text,
    }),
  );
  const ledger = { dynamo: connectDynamo(), table: env.LEDGER_TABLE };
  const sqs = new SQSClient({ useQueueUrlAsEndpoint: false });
  return {
    accounts: {
      redis: connectRedisOf({ ...env, REDIS_TIMEOUT_MS: Math.max(env.REDIS_TIMEOUT_MS, 5_000) }),
      shards: env.SHARDS,
      receiptWindowMs: env.RECEIPT_WINDOW_HOURS * 3_600_000,
    },
    readLedger: (shard) => readShard(ledger, shard),
    countQueued: async () => {
      const [queuedBatches, deadLetters] = await Promise.all([
        countMessages(sqs, env.CONSUMPTION_QUEUE_URL),
        countMessages(sqs, env.CONSUMPTION_DLQ_URL),
      ]);
      return { queuedBatches, deadLetters };
    },
    nowMs: Date.now,
  };
});

const COUNTS = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
] as const;

/** Messages that wait or are being worked on. */
async function countMessages(sqs: SQSClient, queueUrl: string): Promise<number> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: [...COUNTS] }),
  );
  return COUNTS.reduce((sum, name) => sum + Number(Attributes[name] ?? 0), 0);
}
