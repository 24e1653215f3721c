import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
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
import { REPOSITORY_FOLDER } from '#localstack/environment.ts';
import { NO_FAULTS } from '#localstack/invoice-api/settings.ts';
import { partitionsOf } from '#services/packaging/public.ts';
import { log } from '#shared/platform/log.ts';
import { connectRedis } from '#shared/platform/redis.ts';
import { listen } from '#shared/testing/valkey.ts';
import { waitUntil } from '#shared/testing/wait-until.ts';
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
/** In a process of its own: what counts by the millisecond must not wait for what it counts. */
let invoiceApi: ReturnType<typeof fork>;
let table: Awaited<ReturnType<typeof createInvoicesTable>>;
let url: string;
let key: string;

beforeAll(async () => {
  jest.spyOn(log, 'warn').mockImplementation(() => {});
  const probe = createServer();
  const port = await listen(probe, 0);
  await new Promise((done) => probe.close(done));
  url = `http://127.0.0.1:${port}`;
  invoiceApi = fork(`${REPOSITORY_FOLDER}/localstack/invoice-api/main.ts`, {
    execArgv: [],
    env: { ...process.env, PORT: String(port) },
  });
  await waitUntil(() =>
    fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
});
beforeEach(async () => {
  key = `{send-budget-${randomUUID()}}`;
  table = await createInvoicesTable();
  await post('/control/reset', {});
}, 60_000);
afterEach(() => table.remove());
afterAll(async () => {
  invoiceApi.kill();
  await Promise.all(clients.map((client) => client.quit()));
});

const post = (path: string, body: object) =>
  fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const configure = (settings: object) => post('/control/settings', settings);

/** The tools of one of several processes: its own connections, the shared table and budget. */
function toolsOf(redis: (typeof clients)[number], ratePerSecond: number): InvoicingTools {
  return {
    store: createInvoiceStore(table.dynamo, table.name),
    budget: createSendBudget(redis, {
      ...{ ratePerSecond, concurrency: 32, timeoutMs: 1_000, leaseMs: 5_000, key },
    }),
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
  const partitions = STATES.slice(0, 4).flatMap((state) => partitionsOf(state));
  const isBusy = async () =>
    (await Promise.all(partitions.map((each) => store.dueIn(each, 1)))).flat().length > 0;
  const summaries = await Promise.all(
    clients.map(async (client, index) => {
      const loop = index < 2 ? sendDueInvoices : pollSubmittedInvoices;
      const tools = toolsOf(client, ratePerSecond);
      const own: WorkSummary[] = [];
      while (systemClock.elapsedMs() < deadlineMs && (await isBusy())) {
        own.push(await loop(tools, { concurrency: 12, deadlineMs, idleMs: 0 }));
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
    STATES.map(async (state) => {
      const all = await Promise.all(partitionsOf(state).map((each) => store.dueIn(each, 1_000)));
      return [state, all.flat().length] as const;
    }),
  );
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

const counters = async () => {
  const response = await fetch(`${url}/books`);
  return ((await response.json()) as { counters: Record<string, number> }).counters;
};

describe('two senders and two pollers', () => {
  test('bring every invoice to rest once, through all faults, within the rate', async () => {
    const items = Array.from({ length: INVOICES }, (_, index) =>
      invoiceItem({ client: `client-${index}` }),
    );
    await table.put(items);
    await configure({
      requestsPerSecond: 25,
      shares: {
        ...{ serverErrorBeforeAccepting: 0.06, timeoutBeforeAccepting: 0.04 },
        ...{ serverErrorAfterAccepting: 0.06, timeoutAfterAccepting: 0.04, lost: 0.05 },
        ...{ rejected: 0.05, lookUpServerError: 0.05, lookUpTimeout: 0.02 },
      },
    });
    const summaries = await run(25, 60);
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

  // How much of it they use is a speed: the suite `sending` of the bench measures that.
  test('keep within the rate while work waits', async () => {
    await configure({
      requestsPerSecond: 25,
      latencyMs: { min: 50, max: 400 },
      decisionMs: { min: 0, max: 0 },
      shares: NO_FAULTS,
    });
    await table.put(
      Array.from({ length: 60 }, (_, index) => invoiceItem({ client: `client-${index}` })),
    );
    await run(25, 60);
    const { overLimit, requestsPerSecondPeak, accepted } = await counters();
    expect({ accepted, overLimit }).toEqual({ accepted: 60, overLimit: 0 });
    expect(requestsPerSecondPeak).toBeLessThanOrEqual(25);
  }, 120_000);
});
