import type { RedisClient } from '#shared/platform/redis.ts';
import type { ChargeEngine, Emit } from '../../bench/rivals/charge-engine.ts';
import { debitThenSend } from '../../bench/rivals/wrong/debit-then-send.ts';
import { getThenSet } from '../../bench/rivals/wrong/get-then-set.ts';
import { incrementKeyedByNothing } from '../../bench/rivals/wrong/increment-keyed-by-nothing.ts';

/** The engines that the crash test must fail. */
const WRONG = {
  'get-then-set': getThenSet,
  'debit-then-send': debitThenSend,
  'increment-keyed-by-nothing': incrementKeyedByNothing,
} as const satisfies Record<string, (redis: RedisClient, emit: Emit) => ChargeEngine>;

export type EngineName = 'tollgate' | keyof typeof WRONG;

export function wrongEngine(
  name: Exclude<EngineName, 'tollgate'>,
  redis: RedisClient,
  emit: Emit,
): ChargeEngine {
  return WRONG[name](redis, emit);
}
