import { SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod/mini';
import { cachedPriceList } from '#services/pricing/public.ts';
import { connectDynamo, connectImpatientDynamo } from '#shared/platform/dynamo.ts';
import { readEnv, text } from '#shared/platform/env.ts';
import { once } from '#shared/platform/once.ts';
import {
  connectRedisOf,
  recordingSettings,
  redisSettings,
  shards,
  timeZone,
} from '#shared/platform/settings.ts';
import type { MessageConsuming } from './consume-message.ts';
import type { ConsumptionQueue } from './consumption-queue.ts';
import type { Queues } from './list-queues.ts';
import type { UsageRecording } from './record-usage.ts';
import type { UsageStore } from './usage-store.ts';

const dynamo = once(() => connectDynamo());

export const wireRecording = once((): UsageRecording => {
  const env = readEnv(z.object({ ...redisSettings, ...recordingSettings, PRICES_TABLE: text }));
  return {
    recorder: {
      redis: connectRedisOf(env),
      shards: env.SHARDS,
      receiptWindowMs: env.RECEIPT_WINDOW_HOURS * 3_600_000,
    },
    priceList: cachedPriceList(
      { dynamo: connectImpatientDynamo(), table: env.PRICES_TABLE },
      Date.now,
    ),
    timeZone: env.BILLING_TIME_ZONE,
    maxEventAgeDays: env.MAX_EVENT_AGE_DAYS,
    nowMs: Date.now,
  };
});

export const wireConsuming = once((): MessageConsuming => {
  const env = readEnv(
    z.object({
      USAGE_TABLE: text,
      LEDGER_TABLE: text,
      ENTRIES_TABLE: text,
      CONSUMPTION_DLQ_URL: text,
      SHARDS: shards,
    }),
  );
  return {
    shards: env.SHARDS,
    usage: { dynamo: dynamo(), table: env.USAGE_TABLE },
    ledger: { dynamo: dynamo(), table: env.LEDGER_TABLE },
    entries: { dynamo: dynamo(), table: env.ENTRIES_TABLE },
    quarantine: {
      sqs: new SQSClient({ useQueueUrlAsEndpoint: false }),
      deadLetterQueueUrl: env.CONSUMPTION_DLQ_URL,
    },
  };
});

export const wireRollUp = once((): { store: UsageStore; shards: number } => {
  const env = readEnv(z.object({ USAGE_TABLE: text, SHARDS: shards }));
  return { store: { dynamo: dynamo(), table: env.USAGE_TABLE }, shards: env.SHARDS };
});

export const wireQueue = once((): ConsumptionQueue => {
  const env = readEnv(z.object({ CONSUMPTION_QUEUE_URL: text, CONSUMPTION_DLQ_URL: text }));
  return {
    sqs: new SQSClient({ useQueueUrlAsEndpoint: false }),
    queueUrl: env.CONSUMPTION_QUEUE_URL,
    deadLetterQueueUrl: env.CONSUMPTION_DLQ_URL,
  };
});

export const wireQueues = once((): Queues => {
  const env = readEnv(z.object(redisSettings));
  return {
    queue: wireQueue(),
    redis: connectRedisOf(env),
    shards: env.SHARDS,
    nowMs: Date.now,
  };
});

export const wireDailyUsage = once((): { store: UsageStore; timeZone: string } => {
  const env = readEnv(z.object({ USAGE_TABLE: text, BILLING_TIME_ZONE: timeZone }));
  return {
    store: { dynamo: connectImpatientDynamo(), table: env.USAGE_TABLE },
    timeZone: env.BILLING_TIME_ZONE,
  };
});
