import { isQuick, wholeNumber } from '../harness/settings.ts';

/** What the charge suite measures, and for how long. */

export const CALLERS = [1, 16, 128] as const;

export const WORKLOADS = [
  { name: 'one hot account', accounts: 1 },
  { name: '10,000 accounts', accounts: 10_000 },
] as const;

/** Valkey's append-only file: what a power cut takes is everything, a second, nothing. */
export const APPEND_ONLY = [
  { name: 'off', options: ['--appendonly', 'no'] },
  { name: 'every second', options: ['--appendonly', 'yes', '--appendfsync', 'everysec'] },
  { name: 'always', options: ['--appendonly', 'yes', '--appendfsync', 'always'] },
] as const;
export type AppendOnly = (typeof APPEND_ONLY)[number]['name'];

export const SHARDS = 32;
export const BATCH_SIZES = [100, 1_000] as const;

/** The names that the goals ask for. */
export const NAMES = {
  ping: 'PING (no charge)',
  memcached: 'memcached gets/cas',
  bare: 'bare debit script',
  engine: 'Tollgate engine',
  engineAlone: 'Tollgate engine, a call each',
  handler: 'Tollgate handler',
  holds: 'Tollgate hold and capture',
  bareInOneGo: (size: number) => `${size} bare debit scripts`,
  engineInOneGo: (size: number) => `${size} Tollgate charges`,
  batch: (size: number) => `Tollgate batch of ${size}`,
};

export interface Timing {
  readonly rounds: number;
  /** How long callers start new calls in one measurement. */
  readonly forMs: number;
  /** Fixes the order of every round and the accounts that are charged. */
  readonly seed: number;
}

export function timingFrom(env: NodeJS.ProcessEnv): Timing {
  const quick = isQuick(env);
  return {
    rounds: wholeNumber('ROUNDS', env.ROUNDS, quick ? 2 : 5),
    forMs: wholeNumber('MS', env.MS, quick ? 40 : 150),
    seed: wholeNumber('SEED', env.SEED, Date.now() % 1_000_000, 0),
  };
}
