import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  CHUNKS_AT_ONCE,
  chunkCapacity,
  chunkClientsFor,
  MAX_CHUNKS,
  MAX_ROUNDS,
} from './chunk-size.ts';
import { WORKING_SHARE, workingTime } from './chunk-time.ts';

describe('the clients of a chunk', () => {
  test.each([
    [60, 300, 1_800],
    [100, 300, 3_000],
    [100, 900, 9_000],
    // So slow that the rounds of a run would not hold five million clients.
    [1, 300, 1_563],
  ])('%d a second and %d s make %d', (clientsPerSecond, timeLimitSeconds, clients) => {
    expect(chunkCapacity({ clientsPerSecond, timeLimitSeconds })).toBe(clients);
  });

  test('let one run hold five million, whatever is measured', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 10, max: 900 }), (a, b) =>
        expect(
          chunkCapacity({ clientsPerSecond: a, timeLimitSeconds: b }) * MAX_CHUNKS * MAX_ROUNDS,
        ).toBeGreaterThanOrEqual(5_000_000),
      ),
    );
  });

  test('leave time: all workers at once on a store that is no faster than for one stay below the half', () => {
    const speed = { clientsPerSecond: 60, timeLimitSeconds: 300 };
    const seconds = (chunkCapacity(speed) / speed.clientsPerSecond) * CHUNKS_AT_ONCE;
    expect(seconds).toBeLessThanOrEqual(speed.timeLimitSeconds * WORKING_SHARE);
  });

  test.each([
    [1, 50],
    [200, 50],
    [201, 51],
    [4_000, 1_000],
    [7_200, 1_800],
    [7_201, 901],
    [100_000, 1_786],
  ])('are shared out: of %d in all %d', (clients, size) => {
    expect(chunkClientsFor(clients, 1_800)).toBe(size);
  });
});

test('a run of all chunks that there may be fits into the history of a machine, a hundred that fail for good among them', () => {
  // An iteration starts and succeeds; a state is entered and exited; a call is scheduled, starts and ends.
  const call = 3;
  const chunk = 2 + 2 + call;
  // Four more calls, and the state that says so.
  const failing = 4 * call + 2;
  // Plan and close with all their retries, the map, the choice and the wait.
  const round = 2 * (2 + 5 * call) + 4 + 2 + 2;
  const events = MAX_ROUNDS * (round + MAX_CHUNKS * chunk) + 100 * failing;
  expect(events).toBeLessThan(25_000);
});

test('as many workers are planned for as the machine starts', () => {
  const file = join(import.meta.dirname, '../../state-machines/packaging.asl.yml');
  expect(readFileSync(file, 'utf8')).toContain(`MaxConcurrency: ${CHUNKS_AT_ONCE}\n`);
});

test('a chunk takes clients for less than half of what time it has', () => {
  let leftMs = 300_000;
  const hasTime = workingTime({ getRemainingTimeInMillis: () => leftMs });
  expect(hasTime()).toBe(true);
  leftMs = 165_001;
  expect(hasTime()).toBe(true);
  leftMs = 165_000;
  expect(hasTime()).toBe(false);
});
