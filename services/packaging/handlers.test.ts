import { Metrics } from '@aws-lambda-powertools/metrics';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { log } from '#shared/platform/log.ts';
import { handler as closePackaging } from './handlers/close-packaging.ts';
import { handler as planPackaging } from './handlers/plan-packaging.ts';
import { RunRequest } from './plan-run.ts';
import { chunkReport, RUN_START } from './testing/run-state.ts';

beforeAll(() => {
  jest.spyOn(log, 'info').mockImplementation(() => {});
  jest.spyOn(Metrics.prototype, 'publishStoredMetrics').mockReturnThis();
});
afterAll(() => {
  jest.restoreAllMocks();
});

test('a round is summed up over its chunks', async () => {
  const results = [
    chunkReport({ clients: 50, packages: 61, requests: 262, readUnits: 203, chunkMs: 700 }),
    chunkReport({ clients: 3, packages: 0, requests: 10, readUnits: 12, chunkMs: 90 }),
  ];
  expect(
    await closePackaging({
      run: RUN_START,
      plan: { hasMore: false, requests: 33, readUnits: 33, writeUnits: 0 },
      results,
    }),
  ).toEqual({
    rounds: 1,
    clients: 53,
    packages: 61,
    failures: 0,
    requests: 305,
    readUnits: 248,
    writeUnits: 0,
    longestChunkMs: 700,
    next: 'done',
  });
});

describe('a run can be asked for', () => {
  test.each([{}, { includeRunning: true }, { period: '2026-11-H1' }])('by %j', (request) =>
    expect(RunRequest.safeParse(request).success).toBe(true),
  );

  test.each([
    { period: '2026-11' },
    { period: '2026-13-H1' },
    { period: 20_261 },
    { includeRunning: 'yes' },
    { perod: '2026-11-H1' },
    null,
    'now',
  ])('not by %j', async (request) => {
    expect(RunRequest.safeParse(request).success).toBe(false);
    await expect(planPackaging(request)).rejects.toThrow();
  });
});
