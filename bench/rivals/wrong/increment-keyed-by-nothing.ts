import type { RedisClient } from '#shared/platform/redis.ts';
import type { ChargeEngine, Emit } from '../charge-engine.ts';

/**
 * WRONG, on purpose: each change is atomic, but nothing remembers the id. A caller whose answer got lost tries
 * again, as it must, and is charged again.
 */
export function incrementKeyedByNothing(redis: RedisClient, emit: Emit): ChargeEngine {
  return {
    async open(account, balanceMicros) {
      await redis.set(keyOf(account), balanceMicros.toString());
    },
    async charge(account, id, amountMicros) {
      const amount = amountMicros.toString();
      const balanceMicros = BigInt(await redis.decrby(keyOf(account), amount));
      if (balanceMicros < 0n) {
        await redis.incrby(keyOf(account), amount);
        return { isAuthorized: false };
      }
      await emit({ account, id, amountMicros, balanceMicros });
      return { isAuthorized: true, balanceMicros };
    },
    async balance(account) {
      return BigInt((await redis.get(keyOf(account))) ?? 0);
    },
  };
}

function keyOf(account: string): string {
  return `increment:${account}`;
}
