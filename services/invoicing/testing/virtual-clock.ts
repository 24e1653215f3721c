import type { Clock } from '../clock.ts';

/** A clock whose sleepers wake in order as soon as nothing else is to be done: hours pass in milliseconds. */
export function virtualClock(startMs = Date.parse('2026-11-16T12:00:00Z')): Clock {
  let elapsedMs = 0;
  let isPumping = false;
  const sleepers: { atMs: number; wake: () => void }[] = [];

  function pump(): void {
    if (isPumping) return;
    isPumping = true;
    setImmediate(() => {
      isPumping = false;
      sleepers.sort((a, b) => a.atMs - b.atMs);
      const next = sleepers.shift();
      if (!next) return;
      elapsedMs = Math.max(elapsedMs, next.atMs);
      next.wake();
      pump();
    });
  }

  return {
    nowMs: () => startMs + elapsedMs,
    elapsedMs: () => elapsedMs,
    sleep: (durationMs) =>
      new Promise((wake) => {
        sleepers.push({ atMs: elapsedMs + Math.max(durationMs, 0), wake });
        pump();
      }),
  };
}
