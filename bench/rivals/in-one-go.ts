import { Redis } from 'ioredis';
import type { RedisClient } from '#shared/platform/redis.ts';
import type { BatchEngine, ChargeEngine } from './charge-engine.ts';

/** A batch built of single calls of an engine, sent in one write to its connection instead of one each. */
export function inOneGo(redis: RedisClient, engine: ChargeEngine): BatchEngine {
  if (!(redis instanceof Redis)) throw new Error('In one go needs one connection');
  const { open, charge, balance } = engine;
  return {
    open,
    balance,
    chargeMany(charges) {
      redis.stream.cork();
      const started = charges.map(({ account, id, amountMicros }) =>
        charge(account, id, amountMicros),
      );
      redis.stream.uncork();
      return Promise.all(started);
    },
  };
}
