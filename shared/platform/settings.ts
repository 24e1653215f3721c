import * as z from 'zod/mini';
import { isTimeZone } from '#shared/domain/billing-period.ts';
import { integer, text } from './env.ts';
import { connectRedis, type RedisClient } from './redis.ts';

/** An IANA name. A misspelt one must stop the start, not every request. */
export const timeZone = z
  .string()
  .check(z.refine(isTimeZone, { error: 'must be a time zone such as Europe/Berlin' }));

/** Settings that several services read, by the names they have in the environment. */

export const shards = integer(1, 999);

export const redisSettings = {
  REDIS_URL: text,
  REDIS_CLUSTER: z.enum(['true', 'false']),
  REDIS_TIMEOUT_MS: integer(50, 10_000),
  SHARDS: shards,
};

interface RedisEnv {
  readonly REDIS_URL: string;
  readonly REDIS_CLUSTER: 'true' | 'false';
  readonly REDIS_TIMEOUT_MS: number;
}

/** The Redis client that the settings describe; it connects in the background. */
export function connectRedisOf(env: RedisEnv): RedisClient {
  return connectRedis({
    url: env.REDIS_URL,
    isCluster: env.REDIS_CLUSTER === 'true',
    commandTimeoutMs: env.REDIS_TIMEOUT_MS,
  });
}

export const recordingSettings = {
  BILLING_TIME_ZONE: timeZone,
  MAX_EVENT_AGE_DAYS: integer(1, 40_000),
  RECEIPT_WINDOW_HOURS: integer(1, 8_760),
};
