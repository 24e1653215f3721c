import type { Redis } from 'ioredis';
import type { ChargeEngine } from './charge-engine.ts';

/** Far more than any caller needs while others get through; a bound all the same. */
const MAX_ATTEMPTS = 100_000;

/**
 * Optimistic locking as Redis offers it: WATCH and GET, then MULTI, SET, EXEC, and again from the start where
 * somebody else came first. Exact. WATCH belongs to a connection, so each attempt has one of the pool to itself.
 */
export function watchEngine(
  pool: readonly Redis[],
): ChargeEngine & { readonly retries: () => number } {
  let retries = 0;
  const { take, giveBack } = lend(pool);

  async function charge(redis: Redis, key: string, amountMicros: bigint) {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const [, balance] = await Promise.all([redis.watch(key), redis.get(key)]);
      const balanceMicros = BigInt(balance ?? 0) - amountMicros;
      if (balanceMicros < 0n) {
        await redis.unwatch();
        return { isAuthorized: false };
      }
      const results = await redis.multi().set(key, balanceMicros.toString()).exec();
      if (results !== null) return { isAuthorized: true, balanceMicros };
      retries += 1;
    }
    throw new Error(`Not through after ${MAX_ATTEMPTS} attempts`);
  }

  return {
    retries: () => retries,
    async open(account, balanceMicros) {
      await first(pool).set(keyOf(account), balanceMicros.toString());
    },
    async charge(account, _id, amountMicros) {
      const redis = await take();
      try {
        return await charge(redis, keyOf(account), amountMicros);
      } finally {
        giveBack(redis);
      }
    },
    async balance(account) {
      return BigInt((await first(pool).get(keyOf(account))) ?? 0);
    },
  };
}

function lend<T>(pool: readonly T[]) {
  const free = [...pool];
  const waiting: ((lent: T) => void)[] = [];
  return {
    take: (): T | Promise<T> => free.pop() ?? new Promise<T>((resolve) => waiting.push(resolve)),
    giveBack(lent: T): void {
      const next = waiting.shift();
      if (next) next(lent);
      else free.push(lent);
    },
  };
}

function first(pool: readonly Redis[]): Redis {
  const [redis] = pool;
  if (!redis) throw new Error('The pool is empty');
  return redis;
}

function keyOf(account: string): string {
  return `watch:${account}`;
}
