import { beforeAll, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { type Answer, RESTING_STATES } from '#shared/domain/invoice.ts';
import { log } from '#shared/platform/log.ts';
import type { InvoiceApi } from './invoice-api-client.ts';
import { pollSubmittedInvoices } from './poll-submitted-invoices.ts';
import { retryInvoice } from './retry-invoice.ts';
import type { Errand } from './send-budget.ts';
import { sendDueInvoices } from './send-due-invoices.ts';
import { loopFor, scriptedTools } from './testing/invoicing-tools.ts';
import { memoryBudget } from './testing/memory-budget.ts';
import { invoiceItem, memoryStore } from './testing/memory-store.ts';
import { virtualClock } from './testing/virtual-clock.ts';

beforeAll(() => {
  jest.spyOn(log, 'warn').mockImplementation(() => {});
  jest.spyOn(log, 'error').mockImplementation(() => {});
});

const HOUR_MS = 3_600_000;

const FAULTS = [
  ...['none', 'none', 'none', 'error_before', 'error_after', 'throttled', 'denied', 'refused'],
  ...['lost', 'rejected', 'slow', 'slow'],
] as const;
type Fault = (typeof FAULTS)[number];

/** An invoice API with a mind of its own, that says so when it is sent what it may already have. */
function unreliableApi(nextFault: () => Fault, sleep: (ms: number) => Promise<void>) {
  const booked = new Map<string, 'processing' | 'accepted' | 'rejected'>();
  const inDoubt = new Set<string>();
  /** Submissions that it has not come to yet: that it does not know of them says nothing. */
  const underWay = new Set<string>();
  const violations: string[] = [];
  const failed: Answer = { type: 'no_answer', detail: 'fault' };

  const api: InvoiceApi = {
    timeoutMs: 8_000,
    async submit({ id }) {
      if (inDoubt.has(id)) violations.push(id);
      inDoubt.add(id);
      const fault = nextFault();
      underWay.add(id);
      await sleep(fault === 'slow' ? 5_000 : 200);
      underWay.delete(id);
      if (fault === 'error_before') return failed;
      if (fault === 'denied') return { type: 'denied', detail: 'fault' };
      if (fault === 'throttled' || fault === 'refused') {
        inDoubt.delete(id);
        return fault === 'throttled'
          ? { type: fault, retryAfterMs: 1_500 }
          : { type: fault, detail: 'fault' };
      }
      if (fault === 'lost') return { type: 'taken' };
      const status = booked.get(id);
      if (status === undefined || status === 'rejected') booked.set(id, 'processing');
      if (fault === 'rejected') booked.set(id, 'rejected');
      return fault === 'error_after' ? failed : { type: 'taken' };
    },
    async lookUp(id) {
      const fault = nextFault();
      await sleep(200);
      if (fault === 'throttled') return { type: fault, retryAfterMs: 1_500 };
      if (fault.startsWith('error')) return failed;
      if (fault === 'denied') return { type: fault, detail: 'fault' };
      const status = booked.get(id);
      const isKnown = status !== undefined && status !== 'rejected';
      if (!isKnown && !underWay.has(id)) inDoubt.delete(id);
      if (status === undefined) return { type: 'absent' };
      if (status === 'rejected') return { type: 'rejected', detail: 'fault' };
      if (status === 'processing') booked.set(id, 'accepted');
      return status === 'processing' ? { type: 'taken' } : { type: 'accepted' };
    },
  };
  return { api, booked, violations };
}

test('whatever fails, nothing is submitted twice without an "absent" in between, and all comes to rest', async () => {
  const streams = fc.record({
    faults: fc.array(fc.constantFrom(...FAULTS), { maxLength: 60 }),
    /** Which changes of the table fail, and whether before or after they took effect. */
    losses: fc.array(fc.constantFrom('none', 'none', 'none', 'before', 'after'), { maxLength: 40 }),
    permits: fc.array(fc.boolean(), { maxLength: 20 }),
    /** By how much each process's clock is off, now and after its next look at it, and so on. */
    steps: fc.array(fc.constantFrom(0, 0, 0, HOUR_MS, -HOUR_MS, 5 * HOUR_MS, 20_000, -20_000), {
      maxLength: 60,
    }),
    /** Which of the permits is waited for so long that the lease of its holder is another's by then. */
    waits: fc.array(fc.constantFrom(0, 0, 0, 0, 9_000), { maxLength: 30 }),
  });
  await fc.assert(
    fc.asyncProperty(streams, async (drawn) => {
      const [faults, losses, permits] = [[...drawn.faults], [...drawn.losses], [...drawn.permits]];
      const clock = virtualClock();
      let loss: string | undefined;
      const store = memoryStore(
        ['a', 'b', 'c'].map((client) => invoiceItem({ client })),
        {
          beforeChange: () => {
            loss = losses.shift();
            if (loss === 'before') throw new Error('lost before it took effect');
          },
          afterChange: () => {
            if (loss === 'after') throw new Error('lost after it took effect');
          },
        },
      );
      const { api, booked, violations } = unreliableApi(
        () => faults.shift() ?? 'none',
        clock.sleep,
      );
      const steps = [...drawn.steps];
      const waits = [...drawn.waits];
      const free = memoryBudget(clock, { isRefused: () => !(permits.shift() ?? true) });
      const budget = {
        ...free,
        take: async (errand: Errand) => {
          await clock.sleep(waits.shift() ?? 0);
          return free.take(errand);
        },
      };
      /** A process whose clock is set now and then, by hours either way. */
      const startProcess = () => {
        let offByMs = 0;
        let looks = 0;
        const nowMs = () => {
          looks += 1;
          if (looks % 7 === 0) offByMs = steps.shift() ?? 0;
          return clock.nowMs() + offByMs;
        };
        return scriptedTools([], {}, { store, clock: { ...clock, nowMs }, api, budget });
      };
      const processes = [1, 2, 3, 4].map(startProcess);
      for (let round = 0; round < 200; round++) {
        const items = [...store.items.values()];
        for (const item of items.filter(({ state }) => state === 'parked')) {
          await retryInvoice(store, item, clock.nowMs(), 'key').catch(() => {});
        }
        if (items.every(({ state }) => RESTING_STATES.includes(state) && state !== 'parked')) break;
        // Each minute, however early they end.
        await Promise.all([
          clock.sleep(60_000),
          ...processes.slice(0, 2).map((tools) => sendDueInvoices(tools, loopFor(clock, 60))),
          ...processes.slice(2).map((tools) => pollSubmittedInvoices(tools, loopFor(clock, 60))),
        ]);
      }
      expect(violations).toEqual([]);
      expect([...store.items.values()].map(({ state }) => state)).toEqual([
        ...['accepted', 'accepted', 'accepted'],
      ]);
      expect([...booked.values()]).toEqual(['accepted', 'accepted', 'accepted']);
    }),
    { numRuns: 40 },
  );
}, 60_000);
