import { setTimeout as delay } from 'node:timers/promises';

/** Waits for a condition, and fails where it has not come true in time. */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  withinMs = 10_000,
): Promise<void> {
  const untilMs = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > untilMs) throw new Error(`Not so within ${withinMs} ms: ${condition}`);
    await delay(5);
  }
}
