import { Metrics } from '@aws-lambda-powertools/metrics';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { log } from '#shared/platform/log.ts';
import { handler as closePackaging } from './handlers/close-packaging.ts';
import { handler as planPackaging } from './handlers/plan-packaging.ts';
import { RunRequest } from './plan-run.ts';

beforeAll(() => {
  jest.spyOn(log, 'info').mockImplementation(() => {});
  jest.spyOn(Metrics.prototype, 'publishStoredMetrics').mockReturnThis();
});
afterAll(() => {
  jest.restoreAllMocks();
});

test('a round is summed up over its chunks', async () => {
  const run = { rounds: 0, clients: 0, packages: 0, failures: 0 };
  const results = [
    { clients: 50, packages: 61 },
    { clients: 3, packages: 0 },
  ];
  expect(await closePackaging({ run, plan: { hasMore: false }, results })).toEqual({
    rounds: 1,
    clients: 53,
    packages: 61,
    failures: 0,
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
