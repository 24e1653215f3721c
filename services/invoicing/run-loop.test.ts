import { Metrics } from '@aws-lambda-powertools/metrics';
import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import type { InvoiceItem } from '#services/packaging/public.ts';
import type { Answer } from '#shared/domain/invoice.ts';
import { log } from '#shared/platform/log.ts';
import { pollSubmittedInvoices } from './poll-submitted-invoices.ts';
import { runLoop } from './run-loop.ts';
import { sendDueInvoices } from './send-due-invoices.ts';
import { freeBudget, scriptedTools } from './testing/invoicing-tools.ts';
import { invoiceItem, memoryStore } from './testing/memory-store.ts';
import { virtualClock } from './testing/virtual-clock.ts';

const HOUR_MS = 3_600_000;
const emitted: Record<string, number> = {};

beforeAll(() => {
  for (const level of ['info', 'warn', 'error'] as const) {
    jest.spyOn(log, level).mockImplementation(() => {});
  }
  jest.spyOn(Metrics.prototype, 'publishStoredMetrics').mockReturnThis();
  jest.spyOn(Metrics.prototype, 'addMetric').mockImplementation(function (
    this: Metrics,
    name,
    _unit,
    value,
  ) {
    emitted[name] = value;
    return this;
  });
});
beforeEach(() => {
  for (const name of Object.keys(emitted)) delete emitted[name];
});
afterAll(() => {
  jest.restoreAllMocks();
});

const startMs = virtualClock().nowMs();
const packaged = (hoursAgo: number, changes: Partial<InvoiceItem> = {}) =>
  invoiceItem({
    client: `${changes.state ?? 'packaged'}-${hoursAgo}`,
    packagedAtMs: BigInt(startMs - hoursAgo * HOUR_MS),
    ...changes,
  });

/** One run of 22 s, of which the loop works for 12: time for one call for each invoice. */
async function run(
  loop: typeof sendDueInvoices,
  items: readonly InvoiceItem[],
  script: { readonly submit?: Answer[]; readonly lookUp?: Answer[] },
  changes: Parameters<typeof scriptedTools>[2] = {},
) {
  const delayMs = 60_000;
  const policy = {
    ...{ maxAttempts: 3, baseDelayMs: delayMs, maxDelayMs: delayMs, pollDelayMs: delayMs },
  };
  const tools = scriptedTools(items, script, { policy, ...changes });
  const context = { getRemainingTimeInMillis: () => 22_000 };
  await runLoop('loop', loop, tools, 1, {}, context);
  return emitted;
}

test('counts what the API denied and what it did not answer, by whatever call', async () => {
  const items = [packaged(1), packaged(2), packaged(3, { state: 'unknown', dueAtMs: 2_000n })];
  const metrics = await run(sendDueInvoices, items, {
    submit: [
      { type: 'denied', detail: '401' },
      { type: 'no_answer', detail: '503' },
    ],
    lookUp: [{ type: 'denied', detail: '401' }],
  });
  expect(metrics).toMatchObject({
    ...{ denied: 2, noAnswer: 1, invoicesAccepted: 0, invoicesParked: 0 },
  });
});

test('nothing due leaves nothing late', async () => {
  const later = packaged(9, { dueAtMs: BigInt(startMs + HOUR_MS) });
  const atRest = packaged(10, { state: 'parked' });
  expect(await run(sendDueInvoices, [later, atRest], {})).toEqual({
    ...{ invoicesAccepted: 0, invoicesParked: 0, denied: 0, noAnswer: 0, oldestUnfinishedMs: 0 },
    ...{ breakerOpen: 0, blockedMs: 0 },
  });
});

const hoursLate = (metrics: Readonly<Record<string, number>>) =>
  Math.floor((metrics.oldestUnfinishedMs ?? Number.NaN) / HOUR_MS);

test.each<[number, Answer['type'][]]>([
  [7, ['taken', 'accepted', 'taken']],
  [7, ['accepted', 'accepted', 'no_answer']],
  [3, ['denied', 'taken', 'rejected']],
  [0, ['accepted', 'rejected', 'accepted']],
])('%i hours is the oldest of 2, 3 and 7 that are then %j', async (hours, types) => {
  const items = [2, 3, 7].map((age) => packaged(age, { state: 'submitted' }));
  const lookUp = types.map((type) => ({ type, detail: '' }) as Answer);
  expect(hoursLate(await run(pollSubmittedInvoices, items, { lookUp }))).toBe(hours);
});

test('what cannot be written or gets no permit is late as well', async () => {
  const broken = memoryStore([packaged(6)], {
    beforeChange: () => {
      throw new Error('throttled');
    },
  });
  expect(hoursLate(await run(sendDueInvoices, [], {}, { store: broken }))).toBe(6);

  const budget = { ...freeBudget, take: async () => Promise.reject(new Error('Redis is away')) };
  expect(hoursLate(await run(sendDueInvoices, [packaged(7)], {}, { budget }))).toBe(7);
});
