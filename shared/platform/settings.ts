import * as z from 'zod/mini';
import { integer, text } from './env.ts';

/** An IANA name. A misspelt one must stop the start, not every request. */
export const timeZone = z
  .string()
  .check(
    z.refine((name) => isTimeZone(name), { error: 'must be a time zone such as Europe/Berlin' }),
  );

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** Settings that several services read, by the names they have in the environment. */

export const redisSettings = {
  REDIS_URL: text,
  REDIS_CLUSTER: z.enum(['true', 'false']),
  REDIS_TIMEOUT_MS: integer(50, 10_000),
  SHARDS: integer(1, 999),
};

export const recordingSettings = {
  BILLING_TIME_ZONE: timeZone,
  MAX_EVENT_AGE_DAYS: integer(1, 40_000),
  RECEIPT_WINDOW_HOURS: integer(1, 8_760),
};
