import { expect, test } from '@jest/globals';
import type { InvoiceProgress } from '#shared/domain/forecast.ts';
import { forecastBy } from './forecast-by.ts';
import type { BreakerState } from './send-budget.ts';
import { CLOSED } from './testing/invoicing-tools.ts';

const NOW_MS = 1_000_000;
const DELAYS = { pollDelayMs: 2_000, leaseMs: 30_000 };
const accepted: InvoiceProgress = {
  ...{ state: 'accepted', calls: 2, submittedAtMs: NOW_MS - 5_000 },
  ...{ dueAtMs: NOW_MS - 3_000, updatedAtMs: NOW_MS - 3_000 },
};
const packaged: InvoiceProgress = { state: 'packaged', calls: 0, dueAtMs: 0, updatedAtMs: 0 };
const INVOICES = [...Array.from({ length: 50 }, () => accepted), packaged];
const STATUS = { ...CLOSED, nowMs: NOW_MS, measuredPerSecond: 10 };

test.each<[BreakerState, boolean]>([
  ['closed', true],
  ['open', false],
  ['probing', false],
])('with a breaker that is %s it is told: %s', (state, isTold) => {
  const status = { ...STATUS, breaker: { ...STATUS.breaker, state } };
  expect(forecastBy(status, DELAYS, INVOICES, NOW_MS) !== undefined).toBe(isTold);
});

test('without the budget nothing is told', () => {
  expect(forecastBy(undefined, DELAYS, INVOICES, NOW_MS)).toBeUndefined();
});
