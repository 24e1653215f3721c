import { afterAll, expect, jest, test } from '@jest/globals';
import { SendingStatus } from '#shared/contracts/sending.ts';
import { log } from '#shared/platform/log.ts';
import { presentSending } from './present-sending.ts';
import { resumeSending } from './resume-sending.ts';
import type { BudgetStatus } from './send-budget.ts';
import { CLOSED } from './testing/invoicing-tools.ts';
import { orUnavailableBudget } from './unavailable-budget.ts';

const warn = jest.spyOn(log, 'warn').mockImplementation(() => {});
afterAll(() => {
  jest.restoreAllMocks();
});

const AT_MS = Date.parse('2026-11-16T12:00:00Z');
const OPEN: BudgetStatus = {
  ...CLOSED,
  nowMs: AT_MS,
  breaker: {
    ...{ state: 'open', sinceMs: AT_MS - 60_000, reason: 'failed: 503: down' },
    nextTryAtMs: AT_MS + 20_000,
  },
  blockedUntilMs: AT_MS + 3_600_000,
  currentPerSecond: 12.345,
};

test('an open breaker and a block are told by the contract', () => {
  expect(SendingStatus.parse(presentSending(OPEN))).toEqual({
    asOf: '2026-11-16T12:00:00.000Z',
    breaker: {
      state: 'open',
      since: '2026-11-16T11:59:00.000Z',
      reason: 'failed: 503: down',
      nextTryAt: '2026-11-16T12:00:20.000Z',
    },
    blockedUntil: '2026-11-16T13:00:00.000Z',
    rate: { allowedPerSecond: 50, currentPerSecond: 12.3, measuredPerSecond: 0 },
    concurrency: { allowed: 32, current: 32, inUse: 0 },
  });
});

test('sending at rest has neither', () => {
  const status = SendingStatus.parse(presentSending({ ...CLOSED, nowMs: AT_MS }));
  expect(status.breaker).toEqual({ state: 'closed' });
  expect(status.blockedUntil).toBeUndefined();
});

test('who resumes is noted, with what stood', async () => {
  const budget = { status: async () => OPEN, resume: async () => CLOSED };
  expect(await resumeSending(budget, 'key-1')).toBe(CLOSED);
  expect(warn).toHaveBeenCalledWith('resume-sending', {
    keyId: 'key-1',
    breaker: OPEN.breaker,
    blockedUntilMs: OPEN.blockedUntilMs,
  });
});

test('without Redis the caller is told to come back', async () => {
  const gone = async () => Promise.reject(new Error('Connection is closed'));
  const budget = orUnavailableBudget({ status: gone, resume: gone });
  await expect(budget.status()).rejects.toMatchObject({ code: 'unavailable' });
  await expect(budget.resume()).rejects.toMatchObject({ code: 'unavailable' });
});
