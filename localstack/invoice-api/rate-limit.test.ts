import { describe, expect, test } from '@jest/globals';
import { Arrivals } from './arrivals.ts';
import { RateLimit } from './rate-limit.ts';

const turnOfTheLoop = () => new Promise((resolve) => setImmediate(resolve));

describe('the rate limit', () => {
  test('admits as many as the limit in any second, and does not count those it turned away', () => {
    const limit = new RateLimit();
    const admitted = [0, 400, 800, 900, 999, 1000, 1001, 1400].map((ms) => limit.admits(ms, 3));
    expect(admitted).toEqual([true, true, true, false, false, true, false, true]);
    expect(limit.peak).toBe(6);
  });

  test('counts what was found late by when it can have come, and what comes later by when it was found', () => {
    const limit = new RateLimit();
    expect(limit.admits(30, 1, 5)).toBe(true);
    expect(limit.admits(1_004, 1, 1_000)).toBe(false);
    expect(limit.admits(1_005, 1)).toBe(true);
    expect(limit.peak).toBe(2);
  });
});

describe('when requests can have come', () => {
  let nowMs = 0;
  const at = (arrivals: Arrivals, ms: number) => {
    nowMs = ms;
    return arrivals.earliestMs();
  };
  const running = (untilMs: number) => {
    nowMs = 0;
    const arrivals = new Arrivals(() => nowMs);
    for (; nowMs <= untilMs; nowMs += 5) arrivals.tick();
    return arrivals;
  };

  test('is when they are found, as long as the process runs', () => {
    const arrivals = running(100);
    expect([103, 104, 109].map((ms) => at(arrivals, ms))).toEqual([103, 104, 109]);
  });

  test('is any time since it stood still, for what it finds right after that', async () => {
    const arrivals = running(100);
    expect(at(arrivals, 140)).toBe(100);
    arrivals.tick();
    expect(at(arrivals, 141)).toBe(100);
    await turnOfTheLoop();
    expect(at(arrivals, 142)).toBe(100);
    await turnOfTheLoop();
    expect(at(arrivals, 143)).toBe(143);
  });
});
