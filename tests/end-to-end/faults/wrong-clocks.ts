import { expect } from '@jest/globals';
import { connectSimulator } from '#localstack/invoice-api/connect-simulator.ts';
import { seededRandom } from '#localstack/traffic/random.ts';
import type { InvoicingTools } from '#services/invoicing/call-under-lease.ts';
import { type Clock, systemClock } from '#services/invoicing/clock.ts';
import type { OnSent } from '#services/invoicing/invoice-api-client.ts';
import { pollSubmittedInvoices } from '#services/invoicing/poll-submitted-invoices.ts';
import { sendDueInvoices } from '#services/invoicing/send-due-invoices.ts';
import type { RedisClient } from '#shared/platform/redis.ts';
import { accepted, checkBooks, isAtRest } from './check-books.ts';
import { finish } from './finish.ts';
import { loopTools } from './loop-tools.ts';
import { createOwnInvoices } from './own-invoices.ts';
import { startOwnSimulator } from './own-simulator.ts';
import { frozenPackages, putPackages } from './packages.ts';

const HOUR_MS = 3_600_000;
/** How far a clock is off, for as long as it takes to the next step. */
const OFFSETS_MS = [0, 3 * HOUR_MS, -3 * HOUR_MS, 20_000, -20_000, 30 * HOUR_MS];
/** Calls in the middle of which a clock steps; all clocks are right after so many. */
const STEP_EACH = 3;
const STEPS = 20;
const INVOICES = 60;
/** Whatever has not come to rest by then does so by right clocks. */
const WILD_MS = 20_000;

interface SteppingClock extends Clock {
  /** Steps in the middle of a call, if its time has come. */
  readonly passCall: () => void;
  readonly setRight: () => void;
  readonly steps: () => number;
}

function steppingClock(random: () => number): SteppingClock {
  let offsetMs = 0;
  let calls = 0;
  let steps = 0;
  return {
    nowMs: () => systemClock.nowMs() + offsetMs,
    elapsedMs: systemClock.elapsedMs,
    sleep: systemClock.sleep,
    passCall() {
      calls += 1;
      if (calls % STEP_EACH !== 0 || steps === STEPS) return;
      steps += 1;
      offsetMs = steps === STEPS ? 0 : (OFFSETS_MS[Math.floor(random() * OFFSETS_MS.length)] ?? 0);
    },
    setRight() {
      offsetMs = 0;
      steps = STEPS;
    },
    steps: () => steps,
  };
}

/** The same tools, whose clock may step once a request has left. */
function withSteps(tools: InvoicingTools, clock: SteppingClock): InvoicingTools {
  const stepping =
    <Subject, Result>(call: (subject: Subject, onSent: OnSent) => Promise<Result>) =>
    (subject: Subject, onSent: OnSent = () => {}) =>
      call(subject, (isOnNewConnection) => {
        onSent(isOnNewConnection);
        clock.passCall();
      });
  const { timeoutMs, submit, lookUp } = tools.api;
  return { ...tools, api: { timeoutMs, submit: stepping(submit), lookUp: stepping(lookUp) } };
}

/**
 * Two senders and two pollers whose clocks differ by hours and are set forward and back while their requests are under
 * way, at an invoice API with faults. In the end the clocks are right and everything comes to rest.
 */
export async function sendByWrongClocks(redis: RedisClient, seed: number): Promise<void> {
  const table = await createOwnInvoices();
  const simulator = await startOwnSimulator({
    shares: {
      ...{ serverErrorBeforeAccepting: 0.05, timeoutBeforeAccepting: 0.05 },
      ...{ serverErrorAfterAccepting: 0.05, timeoutAfterAccepting: 0.1 },
      ...{ lost: 0.05, rejected: 0, lookUpServerError: 0.05, lookUpTimeout: 0.05 },
    },
  });
  const expected = frozenPackages('clocks', INVOICES).map(accepted);
  const place = {
    ...{ dynamo: table.dynamo, invoicesTable: table.table },
    simulator: connectSimulator(simulator.url),
  };
  const workplace = {
    ...{ table: table.table, budget: `send-budget-${table.table}` },
    ...{ invoiceApiUrl: simulator.url, ratePerSecond: 50 },
  };
  try {
    await putPackages(table.dynamo, table.table, expected);
    const loops = [sendDueInvoices, sendDueInvoices, pollSubmittedInvoices, pollSubmittedInvoices];
    const clocks = loops.map((_, index) => steppingClock(seededRandom(seed + index)));
    const untilMs = systemClock.elapsedMs() + WILD_MS;
    await Promise.all(
      loops.map(async (loop, index) => {
        const clock = clocks[index] as SteppingClock;
        const tools = withSteps(loopTools(workplace, table.dynamo, redis, clock), clock);
        while (systemClock.elapsedMs() < untilMs && !(await isAtRest(place, expected))) {
          await loop(tools, { concurrency: 4, deadlineMs: untilMs, idleMs: 1_000 });
        }
        clock.setRight();
      }),
    );
    await finish(loopTools(workplace, table.dynamo, redis), place, expected);
    expect(clocks.reduce((sum, clock) => sum + clock.steps(), 0)).toBeGreaterThan(10);
    await checkBooks(place, expected);
  } finally {
    await Promise.all([simulator.close(), table.remove()]);
  }
}
