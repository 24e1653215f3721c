import { describe, expect, test } from '@jest/globals';
import { describeLatency } from './describe-latency.ts';

const LATENCY = {
  calls: 12_345,
  duration: { avg: 5.5321, p50: 4.1, p95: 9.8, p99: 121.256, max: 3_310.02 },
  billed: { avg: 6.1, p50: 5, p95: 10, p99: 122, max: 3_523 },
  coldStarts: 0,
  slowest: [
    {
      requestId: '8f5f2d06-6c4b-5a0e-9d3e-70b1c94b6d0f',
      atMs: Date.UTC(2026, 10, 21, 12),
      durationMs: 3_310.02,
      billedMs: 3_523,
      memoryMb: 256,
      maxMemoryUsedMb: 97,
      initMs: 212.55,
    },
    {
      requestId: '0c0b1f9e-9d1a-54f4-8b3e-0f0f5a0d9c11',
      atMs: Date.UTC(2026, 10, 21, 13),
      durationMs: 40.5,
      billedMs: 41,
      memoryMb: 256,
      maxMemoryUsedMb: 98,
    },
  ],
};

describe('the answer of make latency', () => {
  test('is two tables', () => {
    expect(describeLatency(LATENCY)).toEqual([
      'in ms      calls   avg  p50  p95    p99    max',
      'duration  12,345  5.53  4.1  9.8  121.3  3,310',
      'billed    12,345   6.1    5   10    122  3,523',
      '',
      'The slowest 2:',
      'request id                                                  at  duration    billed  memory  max used      init',
      '8f5f2d06-6c4b-5a0e-9d3e-70b1c94b6d0f  2026-11-21T12:00:00.000Z  3,310 ms  3,523 ms  256 MB     97 MB  212.6 ms',
      '0c0b1f9e-9d1a-54f4-8b3e-0f0f5a0d9c11  2026-11-21T13:00:00.000Z   40.5 ms     41 ms  256 MB     98 MB',
    ]);
  });

  test('tells cold starts where there were some', () => {
    expect(describeLatency({ ...LATENCY, coldStarts: 3, initMaxMs: 212.55 })).toContain(
      '3 cold starts, which took up to 212.6 ms more.',
    );
  });
});
