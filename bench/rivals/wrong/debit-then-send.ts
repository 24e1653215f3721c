import { luaScript } from '#shared/platform/lua.ts';
import type { RedisClient } from '#shared/platform/redis.ts';
import type { ChargeEngine, Emit } from '../charge-engine.ts';
import debitOnceLua from './lua/debit-once.lua';

const debitOnce = luaScript('rivalDebitOnce', debitOnceLua);

/**
 * WRONG, on purpose: the debit is exact and has a receipt, but its event is sent after it. Whoever dies in between
 * has taken money that no ledger knows: the retry finds the receipt and sends nothing.
 */
export function debitThenSend(redis: RedisClient, emit: Emit): ChargeEngine {
  return {
    async open(account, balanceMicros) {
      await redis.set(keyOf(account), balanceMicros.toString());
    },
    async charge(account, id, amountMicros) {
      const [outcome, balance] = (await debitOnce(redis)(
        [keyOf(account), `${keyOf(account)}:receipts`],
        [id, amountMicros.toString()],
      )) as ['done' | 'repeated' | 'refused', string];
      const balanceMicros = BigInt(balance);
      if (outcome === 'refused') return { isAuthorized: false, balanceMicros };
      if (outcome === 'done') await emit({ account, id, amountMicros, balanceMicros });
      return { isAuthorized: true, balanceMicros };
    },
    async balance(account) {
      return BigInt((await redis.get(keyOf(account))) ?? 0);
    },
  };
}

function keyOf(account: string): string {
  return `debit-then-send:{${account}}`;
}
