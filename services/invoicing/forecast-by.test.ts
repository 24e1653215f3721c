import { expect, test } from '@jest/globals';
import type { InvoiceProgress } from '#shared/domain/forecast.ts';
import { forecastBy } from './forecast-by.ts';
import type { BreakerState } from './send-budget.ts';
import { CLOSED } from './testing/invoicing-tools.ts';

const NOW_MS = 1_000_000;
const DELAYS = { pollDelayMs: 2_000, leaseMs: 30_000 };
const accepted: InvoiceProgress = {
  ...{ state: 'accepted', calls: 2, polls: 1, begunAtMs: NOW_MS - 5_000 },
  ...{ dueAtMs: NOW_MS - 3_000, updatedAtMs: NOW_MS - 3_000 },
};
const packaged: InvoiceProgress = {
  ...{ state: 'packaged', calls: 0, polls: 0, dueAtMs: 0, updatedAtMs: 0 },
};
const INVOICES = [...Array.from({ length: 50 }, () => accepted), packaged];
const STATUS = { ...CLOSED, nowMs: NOW_MS, measuredPerSecond: 10 };

test.each<[BreakerState, boolean]>([
  ['closed', true],
  ['open', false],
  ['probing', false],
])('with a breaker that is %s it is told: %s', (state, isTold) => {
  const status = { ...STATUS, breaker: { ...STATUS.breaker, state } };
  expect(forecastBy(status, DELAYS, INVOICES, false, NOW_MS) !== undefined).toBe(isTold);
});

test('without the budget nothing is told', () => {
  expect(forecastBy(undefined, DELAYS, INVOICES, false, NOW_MS)).toBeUndefined();
});

test('what was measured while the breaker was open says nothing of the pace since it was closed', () => {
  // Ten requests, all of them in the last five seconds.
  const status = { ...STATUS, measuredPerSecond: 1, currentPerSecond: 2 };
  const since = { ...status, breaker: { ...STATUS.breaker, sinceMs: NOW_MS - 5_000 } };
  const invoices = [...INVOICES, ...Array.from({ length: 100 }, () => packaged)].map((invoice) =>
    invoice.state === 'accepted' ? { ...invoice, begunAtMs: NOW_MS - 60_000 } : invoice,
  );
  const leftMs = (by: typeof status) =>
    (forecastBy(by, DELAYS, invoices, false, NOW_MS)?.doneAtMs ?? 0) - NOW_MS;
  expect(leftMs(since)).toBeLessThan(leftMs(status) * 0.75);
});
