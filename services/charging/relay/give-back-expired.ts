import type { RedisClient } from '#shared/platform/redis.ts';
import { expireHolds, MAX_EXPIRIES } from '../hold-store.ts';

const MAX_CALLS = 20;

/** Gives back what expired holds of a shard keep; what is more than a bounded number is left for the next time. */
export async function giveBackExpired(redis: RedisClient, shard: number): Promise<number> {
  let total = 0;
  for (let call = 0; call < MAX_CALLS; call++) {
    const expired = await expireHolds({ redis }, shard);
    total += expired;
    if (expired < MAX_EXPIRIES) break;
  }
  return total;
}
