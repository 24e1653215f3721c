import { setTimeout as delay } from 'node:timers/promises';

/** Time as the loops see it; tests bring their own. */
export interface Clock {
  /** Unix milliseconds, for what is stored. Steps when the clock is set. */
  nowMs(): number;
  /** Milliseconds that only ever grow, for what is measured and bounded inside this process. */
  elapsedMs(): number;
  sleep(durationMs: number): Promise<void>;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  elapsedMs: () => performance.now(),
  sleep: async (durationMs) => {
    await delay(Math.max(0, durationMs));
  },
};
