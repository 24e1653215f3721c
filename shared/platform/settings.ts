import * as z from 'zod/mini';
import { integer, text } from './env.ts';

/** Settings that several services read, by the names they have in the environment. */

export const redisSettings = {
  REDIS_URL: text,
  REDIS_CLUSTER: z.enum(['true', 'false']),
  REDIS_TIMEOUT_MS: integer(50, 10_000),
  SHARDS: integer(1, 999),
};

export const recordingSettings = {
  BILLING_TIME_ZONE: text,
  MAX_EVENT_AGE_DAYS: integer(1, 40_000),
  RECEIPT_WINDOW_HOURS: integer(1, 8_760),
};
