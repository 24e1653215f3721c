import * as z from 'zod/mini';
import { readEnv } from '#shared/platform/env.ts';
import { once } from '#shared/platform/once.ts';
import { connectRedisOf, recordingSettings, redisSettings } from '#shared/platform/settings.ts';
import type { Charging } from './charging.ts';

/** What a charge is safe from once it is answered: see docs/durability.md. */
const durability = z.enum(['at_once', 'replicated', 'durable_store']);

/** The one set of clients of this process. */
export const wireCharging = once((): Charging => {
  const env = readEnv(z.object({ ...redisSettings, ...recordingSettings, DURABILITY: durability }));
  return {
    accounts: {
      redis: connectRedisOf(env),
      shards: env.SHARDS,
      receiptWindowMs: env.RECEIPT_WINDOW_HOURS * 3_600_000,
      replication: {
        replicas: env.DURABILITY === 'replicated' ? 1 : 0,
        waitMs: Math.floor(0.8 * env.REDIS_TIMEOUT_MS),
      },
    },
    timeZone: env.BILLING_TIME_ZONE,
    maxEventAgeDays: env.MAX_EVENT_AGE_DAYS,
    nowMs: Date.now,
  };
});
