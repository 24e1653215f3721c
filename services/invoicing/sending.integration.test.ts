import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  jest,
  test,
} from '@jest/globals';
import { buildInvoiceApi } from '#localstack/invoice-api/server.ts';
import { log } from '#shared/platform/log.ts';
import { connectRedis } from '#shared/platform/redis.ts';
import type { InvoicingTools } from './call-under-lease.ts';
import { systemClock } from './clock.ts';
import type { WorkSummary } from './due-work.ts';
import { createHttpInvoiceApi } from './invoice-api-client.ts';
import { createInvoiceStore } from './invoice-store.ts';
import { pollSubmittedInvoices } from './poll-submitted-invoices.ts';
import { createSendBudget } from './send-budget.ts';
import { sendDueInvoices } from './send-due-invoices.ts';
import { createInvoicesTable } from './testing/invoices-table.ts';
import { invoiceItem } from './testing/memory-store.ts';

const INVOICES = 60;
const STATES = ['packaged', 'sending', 'unknown', 'submitted', 'accepted', 'parked'] as const;

const connect = () =>
  connectRedis({
    url: process.env.REDIS_URL ?? 'redis://127.0.0.1:6391',
    isCluster: false,
    commandTimeoutMs: 2_000,
  });
const clients = Array.from({ length: 4 }, connect);
const invoiceApi = buildInvoiceApi();
let table: Awaited<ReturnType<typeof createInvoicesTable>>;
let url: string;
let key: string;

beforeAll(async () => {
  jest.spyOn(log, 'warn').mockImplementation(() => {});
  await invoiceApi.listen({ host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${(invoiceApi.server.address() as AddressInfo).port}`;
});
beforeEach(async () => {
  key = `{send-budget-${randomUUID()}}`;
  table = await createInvoicesTable();
  await invoiceApi.inject({ method: 'POST', url: '/control/reset' });
}, 60_000);
afterEach(() => table.remove());
afterAll(async () => {
  await Promise.all([...clients.map((client) => client.quit()), invoiceApi.close()]);
});

const configure = (settings: object) =>
  invoiceApi.inject({ method: 'POST', url: '/control/settings', payload: settings });

/** The tools of one of several processes: its own connections, the shared table and budget. */
function toolsOf(redis: (typeof clients)[number], ratePerSecond: number): InvoicingTools {
  return {
    store: createInvoiceStore(table.dynamo, table.name),
    budget: createSendBudget(redis, { ratePerSecond, key }),
    api: createHttpInvoiceApi({ url, timeoutMs: 1_000 }),
    clock: systemClock,
    random: Math.random,
    policy: { maxAttempts: 8, baseDelayMs: 300, maxDelayMs: 2_000, pollDelayMs: 500 },
    leaseMs: 5_000,
  };
}

/** Two senders and two pollers side by side, each begun again until everything is at rest. */
async function run(ratePerSecond: number, seconds: number): Promise<WorkSummary[]> {
  const deadlineMs = systemClock.elapsedMs() + seconds * 1_000;
  const store = createInvoiceStore(table.dynamo, table.name);
  const oldest = () => Promise.all(STATES.slice(0, 4).map((state) => store.oldest(state, 1)));
  const isBusy = async () => (await oldest()).flat().length > 0;
  const summaries = await Promise.all(
    clients.map(async (client, index) => {
      const loop = index < 2 ? sendDueInvoices : pollSubmittedInvoices;
      const tools = toolsOf(client, ratePerSecond);
      const own: WorkSummary[] = [];
      while (systemClock.elapsedMs() < deadlineMs && (await isBusy())) {
        own.push(await loop(tools, { concurrency: 12, deadlineMs, untilIdle: true }));
        await systemClock.sleep(100);
      }
      return own;
    }),
  );
  return summaries.flat();
}

async function countByState(): Promise<Record<string, number>> {
  const store = createInvoiceStore(table.dynamo, table.name);
  const counts = await Promise.all(
    STATES.map(async (state) => [state, (await store.oldest(state, 1_000)).length] as const),
  );
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

const counters = async () => (await invoiceApi.inject({ url: '/books' })).json().counters;

describe('two senders and two pollers', () => {
  test('bring every invoice to rest once, through all faults, within the rate', async () => {
    const items = Array.from({ length: INVOICES }, (_, index) =>
      invoiceItem({ client: `client-${index}` }),
    );
    await table.put(items);
    await configure({
      shares: {
        ...{ serverErrorBeforeAccepting: 0.06, timeoutBeforeAccepting: 0.04 },
        ...{ serverErrorAfterAccepting: 0.06, timeoutAfterAccepting: 0.04, lost: 0.05 },
        ...{ rejected: 0.05, lookUpServerError: 0.05, lookUpTimeout: 0.02 },
      },
    });
    const summaries = await run(22, 60);
    const books = await counters();
    const states = await countByState();
    expect((states.accepted ?? 0) + (states.parked ?? 0)).toBe(INVOICES);
    expect(books).toMatchObject({
      booked: INVOICES,
      secondInvoices: 0,
      conflictingSubmissions: 0,
      repeatedSubmissions: 0,
      refused: 0,
      overLimit: 0,
      accepted: states.accepted,
      rejected: states.parked ?? 0,
    });
    expect(books.requestsPerSecondPeak).toBeLessThanOrEqual(25);
    const accepted = summaries.reduce((sum, summary) => sum + summary.accepted, 0);
    expect(accepted).toBe(states.accepted);
  }, 120_000);

  test('keep within the rate while work waits, and use it', async () => {
    await configure({
      latencyMs: { min: 50, max: 400 },
      decisionMs: { min: 0, max: 0 },
      shares: {
        ...{ serverErrorBeforeAccepting: 0, timeoutBeforeAccepting: 0 },
        ...{ serverErrorAfterAccepting: 0, timeoutAfterAccepting: 0, lost: 0 },
        ...{ rejected: 0, lookUpServerError: 0, lookUpTimeout: 0 },
      },
    });
    await table.put(
      Array.from({ length: 100 }, (_, index) => invoiceItem({ client: `client-${index}` })),
    );
    const startedMs = systemClock.elapsedMs();
    await run(22, 60);
    const seconds = (systemClock.elapsedMs() - startedMs) / 1_000;
    const { requests, overLimit, requestsPerSecondPeak, accepted } = await counters();
    expect({ accepted, overLimit }).toEqual({ accepted: 100, overLimit: 0 });
    expect(requestsPerSecondPeak).toBeLessThanOrEqual(25);
    // 200 requests take 9.1 s at the full rate; a busy machine leaves slots unused rather than be late.
    expect(requests / seconds).toBeGreaterThan(8);
  }, 120_000);
});
