import { luaScript } from '#shared/platform/lua.ts';
import type { RedisClient } from '#shared/platform/redis.ts';
import type { BatchEngine, ChargeEngine, ChargeResult } from './charge-engine.ts';
import { inOneGo } from './in-one-go.ts';
import bareDebitLua from './lua/bare-debit.lua';

const bareDebit = luaScript('rivalBareDebit', bareDebitLua);

/**
 * One script that compares and takes, called by its hash: exact, and as fast as a debit in Redis gets. It forgets the
 * id and tells nobody, so it is what Tollgate is measured against, not what could take its place.
 */
export function bareScript(redis: RedisClient): ChargeEngine {
  const debit = bareDebit(redis);
  return {
    async open(account, balanceMicros) {
      await redis.set(keyOf(account), balanceMicros.toString());
    },
    async charge(account, _id, amountMicros) {
      return toResult(await debit([keyOf(account)], [amountMicros.toString()]));
    },
    async balance(account) {
      return BigInt((await redis.get(keyOf(account))) ?? 0);
    },
  };
}

/** A batch built of single calls of the bare script. */
export function bareScriptInOneGo(redis: RedisClient): BatchEngine {
  return inOneGo(redis, bareScript(redis));
}

function toResult(reply: unknown): ChargeResult {
  return reply === -1
    ? { isAuthorized: false }
    : { isAuthorized: true, balanceMicros: BigInt(reply as number) };
}

function keyOf(account: string): string {
  return `bare:${account}`;
}
