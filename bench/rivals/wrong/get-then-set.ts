import type { RedisClient } from '#shared/platform/redis.ts';
import type { ChargeEngine, Emit } from '../charge-engine.ts';

/**
 * WRONG, on purpose: reads the balance, decides, writes what it made of it. Two callers that read the same balance
 * both spend it, and the later write undoes the earlier.
 */
export function getThenSet(redis: RedisClient, emit: Emit): ChargeEngine {
  return {
    async open(account, balanceMicros) {
      await redis.set(keyOf(account), balanceMicros.toString());
    },
    async charge(account, id, amountMicros) {
      const balanceMicros = BigInt((await redis.get(keyOf(account))) ?? 0) - amountMicros;
      if (balanceMicros < 0n) return { isAuthorized: false };
      await redis.set(keyOf(account), balanceMicros.toString());
      await emit({ account, id, amountMicros, balanceMicros });
      return { isAuthorized: true, balanceMicros };
    },
    async balance(account) {
      return BigInt((await redis.get(keyOf(account))) ?? 0);
    },
  };
}

function keyOf(account: string): string {
  return `get-then-set:${account}`;
}
