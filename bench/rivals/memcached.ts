import type { ChargeEngine } from './charge-engine.ts';
import type { MemcachedClient } from './memcached-client.ts';

/** Far more than any caller needs while others get through; a bound all the same. */
const MAX_ATTEMPTS = 100_000;

/** gets, decide, cas, and again from the start where somebody else came first. Exact, and gone with the process. */
export function memcachedEngine(
  memcached: MemcachedClient,
): ChargeEngine & { readonly retries: () => number } {
  let retries = 0;
  return {
    retries: () => retries,
    open: (account, balanceMicros) => memcached.set(account, balanceMicros.toString()),
    async charge(account, _id, amountMicros) {
      for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
        const found = await memcached.gets(account);
        const balanceMicros = BigInt(found?.value ?? 0) - amountMicros;
        if (!found || balanceMicros < 0n) return { isAuthorized: false };
        if (await memcached.cas(account, balanceMicros.toString(), found.cas)) {
          return { isAuthorized: true, balanceMicros };
        }
        retries += 1;
      }
      throw new Error(`Not through after ${MAX_ATTEMPTS} attempts`);
    },
    async balance(account) {
      return BigInt((await memcached.gets(account))?.value ?? 0);
    },
  };
}
