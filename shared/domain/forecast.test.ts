import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  forecastDoneAtMs,
  type InvoiceProgress,
  type SendingProgress,
  sendingProgress,
} from './forecast.ts';
import type { InvoiceState } from './invoice.ts';

interface World {
  readonly invoices: number;
  readonly requestsPerSecond: number;
  readonly pollDelayMs: number;
  /** From the submission; some take much longer than others. */
  readonly decisionMs: readonly number[];
  /** Of submissions that need a look-up and another submission. */
  readonly lostEvery: number;
  readonly parkedEvery: number;
  /** Sending stops for a while, as by Retry-After, at a time that all know. */
  readonly blockAtMs: number;
  readonly blockMs: number;
}

interface Invoice extends InvoiceProgress {
  readonly state: InvoiceState;
  readonly calls: number;
  readonly dueAtMs: number;
  readonly decidedAtMs: number;
}

/** Sends everything, one request a slot, what is due first first. Yields the invoices before each request. */
function* run(world: World): Generator<{ nowMs: number; invoices: readonly Invoice[] }> {
  const { requestsPerSecond, pollDelayMs, decisionMs } = world;
  const invoices = Array.from(
    { length: world.invoices },
    (): Invoice => ({ state: 'packaged', calls: 0, dueAtMs: 0, decidedAtMs: 0 }),
  );
  for (let nowMs = 0; ; nowMs += 1_000 / requestsPerSecond) {
    if (nowMs >= world.blockAtMs && nowMs < world.blockAtMs + world.blockMs) continue;
    yield { nowMs, invoices };
    const open = invoices.filter(({ state }) => state === 'packaged' || state === 'submitted');
    if (open.length === 0) return;
    const due = open.filter(({ dueAtMs }) => dueAtMs <= nowMs);
    const next = due.reduce<Invoice | undefined>(
      (first, one) => (first && first.dueAtMs <= one.dueAtMs ? first : one),
      undefined,
    );
    if (!next) continue;
    const place = invoices.indexOf(next);
    const calls = next.calls + 1;
    const isLost = next.state === 'packaged' && calls === 1 && place % world.lostEvery === 0;
    if (isLost) {
      invoices[place] = { ...next, calls: calls + 1, dueAtMs: nowMs + 2_000 };
    } else if (next.state === 'packaged') {
      const decision = decisionMs[place % decisionMs.length] ?? 0;
      const parks = place % world.parkedEvery === 0;
      invoices[place] = {
        state: parks ? 'parked' : 'submitted',
        calls,
        dueAtMs: nowMs + pollDelayMs,
        decidedAtMs: nowMs + decision,
      };
    } else {
      const isDecided = nowMs >= next.decidedAtMs;
      invoices[place] = {
        ...next,
        calls,
        state: isDecided ? 'accepted' : 'submitted',
        dueAtMs: nowMs + pollDelayMs * 2 ** Math.min(calls - 1, 6),
      };
    }
  }
}

/** The largest error of a forecast after a tenth was sent, as a share of the whole time. */
function largestError(world: World): number {
  const forecasts: { atMs: number; doneAtMs: number }[] = [];
  let endMs = 0;
  let steps = 0;
  for (const { nowMs, invoices } of run(world)) {
    endMs = nowMs;
    steps += 1;
    if (steps % 25 > 0) continue;
    const isKnown = nowMs >= world.blockAtMs;
    const blockedUntilMs = isKnown ? world.blockAtMs + world.blockMs : 0;
    if (!isKnown && world.blockMs > 0) continue;
    const pace = { ...world, blockedUntilMs };
    const doneAtMs = forecastDoneAtMs(sendingProgress(invoices), pace, nowMs);
    if (doneAtMs !== undefined) forecasts.push({ atMs: nowMs, doneAtMs });
  }
  expect(forecasts.length).toBeGreaterThan(0);
  return Math.max(...forecasts.map(({ doneAtMs }) => Math.abs(doneAtMs - endMs) / endMs));
}

const STEADY: World = {
  invoices: 600,
  requestsPerSecond: 20,
  pollDelayMs: 2_000,
  decisionMs: [500, 1_000, 1_800],
  lostEvery: 1_000_000,
  parkedEvery: 1_000_000,
  blockAtMs: 0,
  blockMs: 0,
};

describe('once a tenth is sent the forecast is right within 10 % of the whole time', () => {
  test.each<[string, Partial<World>]>([
    ['with an API that decides soon', {}],
    ['with some that take a second poll', { decisionMs: [500, 500, 500, 500, 2_500] }],
    ['with answers that get lost', { lostEvery: 40 }],
    ['with some that are parked', { parkedEvery: 30 }],
    ['after a block of a minute at the start', { blockAtMs: 1_000, blockMs: 60_000 }],
    ['with a late first poll', { pollDelayMs: 5_000, invoices: 1_000 }],
  ])('%s', (_, change) => {
    expect(largestError({ ...STEADY, ...change })).toBeLessThanOrEqual(0.1);
  });

  test('in all such worlds', () => {
    fc.assert(
      fc.property(
        fc.record({
          invoices: fc.integer({ min: 400, max: 900 }),
          requestsPerSecond: fc.integer({ min: 10, max: 30 }),
          pollDelayMs: fc.integer({ min: 500, max: 3_000 }),
          lostEvery: fc.integer({ min: 40, max: 1_000 }),
          parkedEvery: fc.integer({ min: 20, max: 1_000 }),
        }),
        (change) => {
          const decisionMs = [0, 0.3, 0.6, 0.9].map((part) => part * change.pollDelayMs);
          expect(largestError({ ...STEADY, ...change, decisionMs })).toBeLessThanOrEqual(0.1);
        },
      ),
      { numRuns: 15 },
    );
  });
});

const PACE = { requestsPerSecond: 10, blockedUntilMs: 0, pollDelayMs: 2_000 };
const PROGRESS: SendingProgress = { toSend: 100, sent: 50, remaining: 60, requestsLeft: 100 };

test.each<[string, Partial<SendingProgress>, Partial<typeof PACE>, number | undefined]>([
  ['the requests that are left at the pace, and the last wait', {}, {}, 1_000 + 12_000],
  ['from the end of a block', {}, { blockedUntilMs: 61_000 }, 61_000 + 12_000],
  ['not before a tenth is sent', { sent: 9 }, {}, undefined],
  ['not with nothing left', { remaining: 0, requestsLeft: 0 }, {}, undefined],
  ['not where nothing is sent', {}, { requestsPerSecond: 0 }, undefined],
])('it is told %s', (_, progress, pace, expected) => {
  expect(forecastDoneAtMs({ ...PROGRESS, ...progress }, { ...PACE, ...pace }, 1_000)).toBe(
    expected,
  );
});

test('what was never to be sent does not count, and open ones take what finished ones took', () => {
  const finished = Array.from({ length: 1_000 }, () => ({ state: 'accepted', calls: 4 }) as const);
  const { requestsLeft, ...progress } = sendingProgress([
    ...finished,
    { state: 'skipped', calls: 0 },
    { state: 'packaged', calls: 0 },
    { state: 'submitted', calls: 6 },
  ]);
  expect(progress).toEqual({ toSend: 1_002, sent: 1_001, remaining: 2 });
  expect(requestsLeft).toBeCloseTo(4 + 1, 0);
});
