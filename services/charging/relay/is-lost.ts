import type { RedisClient } from '#shared/platform/redis.ts';
import { isComplete } from '../account-store.ts';
import { Restoring } from '../rebuild/restoring.ts';

interface Shards {
  readonly redis: RedisClient;
  /** Whether the ledger has anything of a shard. */
  readonly isInLedger: (shard: number) => Promise<boolean>;
}

/**
 * Whether the accounts of a shard were lost: the ledger has events of it, and the store does not say that it has all
 * accounts. A shard that was never used is marked complete, so that accounts can be opened in it.
 *
 * An account that was opened seconds before the loss, and whose event had not reached the ledger, leaves no trace.
 */
export async function isLost({ redis, isInLedger }: Shards, shard: number): Promise<boolean> {
  if (await isComplete({ redis }, shard)) return false;
  const restoring = await Restoring.begin(redis, shard);
  if (await isInLedger(shard)) return true;
  await restoring.complete();
  return false;
}
