import { isQuick, wholeNumber } from '../harness/settings.ts';

/** What the packaging suite measures. */

export const DAYS = 15;
export const METERS = ['api.calls', 'sms', 'storage.gb-hours'] as const;

export interface Plan {
  readonly rounds: number;
  readonly seed: number;
  readonly shards: number;
  /** Clients of the chunks that one worker packages alone, the smaller one first. */
  readonly chunks: readonly [number, number];
  /** Clients of the whole runs. */
  readonly runs: readonly number[];
}

export function planFrom(env: NodeJS.ProcessEnv): Plan {
  const quick = isQuick(env);
  const [small, large] = quick ? [50, 200] : [250, 1_000];
  return {
    rounds: wholeNumber('ROUNDS', env.ROUNDS, quick ? 2 : 5),
    seed: wholeNumber('SEED', env.SEED, 1),
    shards: wholeNumber('SHARDS', env.SHARDS, 256),
    chunks: [small, large],
    runs: (env.SIZES || (quick ? '200,1000' : '1000,10000,100000'))
      .split(',')
      .map((size) => wholeNumber('Each of SIZES', size, 0)),
  };
}
