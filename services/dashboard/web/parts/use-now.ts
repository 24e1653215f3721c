import { useSyncExternalStore } from 'react';

/** The time, by the second, for everything that shows an age: one clock for all. */

const listeners = new Set<() => void>();
let nowMs = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

export function useNow(): number {
  return useSyncExternalStore(subscribe, () => nowMs);
}

/** The time by the clock of who answered, as of then, at `answeredMs` of the browser's: that one may be wrong. */
export function useServerNow(asOf: string, answeredMs: number): number {
  return Date.parse(asOf) + Math.max(useNow() - answeredMs, 0);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) {
    // It stood while nobody listened.
    nowMs = Date.now();
    timer = setInterval(tick, 1_000);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

function tick(): void {
  nowMs = Date.now();
  for (const listener of listeners) listener();
}
