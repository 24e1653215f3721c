import type { Redis } from 'ioredis';
import { ulid } from 'ulid';
import { connectRedis } from '#shared/platform/redis.ts';
import { startValkey } from '#shared/testing/valkey.ts';
import { AMOUNT_MICROS } from './contender.ts';
import { discardOutbox, prepareServer, tollgateEngineAlone } from './tollgate.ts';

const ACCOUNTS = 20_000;
const CHARGES = 100_000;
const ID_BYTES = 26;
const AT_ONCE = 1_000;

/** What lies in Valkey, in bytes of its `used_memory` each, all overhead of its tables and allocator included. */
export interface MemoryFigures {
  readonly accounts: number;
  readonly charges: number;
  readonly perAccount: number;
  readonly perReceipt: number;
  /** Without the 26 characters of a ULID. */
  readonly perReceiptBeyondId: number;
  /** Until the relay has handed it on. */
  readonly perOutboxEntry: number;
}

/** Opens accounts and charges them one by one on a server that holds nothing else. */
export async function measureMemory(): Promise<MemoryFigures> {
  const valkey = await startValkey('--lazyfree-lazy-user-del', 'no');
  const redis = connectRedis({
    url: valkey.url,
    isCluster: false,
    commandTimeoutMs: 10_000,
  }) as Redis;
  try {
    const engine = tollgateEngineAlone(redis);
    const charge = (n: number) => engine.charge(account(n % ACCOUNTS), ulid(), AMOUNT_MICROS);
    await prepareServer(redis);
    // So that the scripts and what a first charge makes once are there before anything is counted.
    await engine.open('first', 1_000_000_000n);
    await engine.charge('first', ulid(), AMOUNT_MICROS);
    await discardOutbox(redis);

    const empty = await usedBytes(redis);
    await inSlices(ACCOUNTS, (n) => engine.open(account(n), 1_000_000_000n));
    await discardOutbox(redis);
    const withAccounts = await usedBytes(redis);
    await inSlices(CHARGES, charge);
    const withOutbox = await usedBytes(redis);
    await discardOutbox(redis);
    const withReceipts = await usedBytes(redis);

    const perReceipt = (withReceipts - withAccounts) / CHARGES;
    return {
      accounts: ACCOUNTS,
      charges: CHARGES,
      perAccount: (withAccounts - empty) / ACCOUNTS,
      perReceipt,
      perReceiptBeyondId: perReceipt - ID_BYTES,
      perOutboxEntry: (withOutbox - withReceipts) / CHARGES,
    };
  } finally {
    redis.disconnect();
    await valkey.stop();
  }
}

const account = (n: number) => `prepaid-${String(n).padStart(5, '0')}`;

async function inSlices(count: number, work: (n: number) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < count; from += AT_ONCE) {
    const length = Math.min(AT_ONCE, count - from);
    await Promise.all(Array.from({ length }, (_, index) => work(from + index)));
  }
}

async function usedBytes(redis: Redis): Promise<number> {
  const [, bytes] = /^used_memory:(\d+)/m.exec(await redis.info('memory')) ?? [];
  return Number(bytes);
}
