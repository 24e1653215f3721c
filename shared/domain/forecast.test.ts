import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { runWorld, type World } from '#shared/testing/sending-world.ts';
import { forecastOf, type InvoiceProgress } from './forecast.ts';
import { RESTING_STATES } from './invoice.ts';

/**
 * The largest error of all forecasts of a run, as a share of its whole time, and how many there were. Told is of the
 * invoices that are `own`: by their place.
 */
function watch(
  world: World,
  isOwn?: (place: number) => boolean,
): { readonly error: number; readonly told: number } {
  const told: number[] = [];
  let endMs = 0;
  for (const { nowMs, invoices: all, pace } of runWorld(world)) {
    const invoices = all.filter((_, place) => isOwn?.(place) ?? true);
    if (invoices.some(({ state }) => !RESTING_STATES.includes(state))) endMs = nowMs;
    // Nobody can tell that something will happen that stops it for a while.
    if (world.blocked && nowMs < world.blocked.fromMs) continue;
    const forecast = forecastOf(invoices, { ...pace, isShared: isOwn !== undefined }, nowMs);
    if (forecast) told.push(forecast.doneAtMs);
  }
  const error = Math.max(...told.map((doneAtMs) => Math.abs(doneAtMs - endMs) / endMs));
  return { error, told: told.length };
}

const STEADY: World = {
  ...{ invoices: 1_000, ratePerSecond: 20, concurrency: 32, pollDelayMs: 2_000 },
  ...{ latencyMs: { min: 40, max: 250 }, decisionMs: { min: 500, max: 1_500 } },
  ...{ lost: 0, parked: 0, seed: 1 },
};

describe('once a tenth is at rest every forecast is right within 10 % of the whole time', () => {
  test.each<[string, Partial<World>]>([
    ['with an API that decides soon', {}],
    ['with some that take a second poll', { decisionMs: { min: 500, max: 3_500 } }],
    ['with answers that get lost', { lost: 0.03 }],
    ['with some that are parked', { parked: 0.05 }],
    ['of a block of a minute, and after it', { blocked: { fromMs: 15_000, forMs: 60_000 } }],
    ['while the rate grows slowly', { rampMs: 10_000 }],
    ['where concurrency is what limits', { ratePerSecond: 100, concurrency: 2, lost: 0.02 }],
    ['where the poller is what limits', { ratePerSecond: 100, concurrency: 2, invoices: 2_000 }],
    [
      'with decisions that take long',
      { invoices: 3_600, ratePerSecond: 50, decisionMs: { min: 3_000, max: 15_000 } },
    ],
    [
      'with time-outs, and some that are forgotten once taken',
      {
        ...{ invoices: 2_500, ratePerSecond: 50, decisionMs: { min: 500, max: 2_500 } },
        ...{ lost: 0.015, timeoutMs: 3_000, forgotten: 0.004, parked: 0.005 },
      },
    ],
    [
      'on a machine that is slow now and then',
      {
        ...{ invoices: 2_500, ratePerSecond: 50 },
        slumps: { eachMs: 40_000, forMs: 10_000, share: 0.75 },
      },
    ],
    ['with a poller that begins late', { ratePerSecond: 50, pollerFromMs: 10_000 }],
    ['of 1,500 at 50 a second', { invoices: 1_500, ratePerSecond: 50, lost: 0.02, parked: 0.01 }],
    [
      'with an API slower than its limit',
      {
        ...{ invoices: 800, ratePerSecond: 50, concurrency: 16 },
        latencyMs: { min: 2_000, max: 2_800 },
      },
    ],
  ])('%s', (_, change) => {
    const { error, told } = watch({ ...STEADY, ...change });
    expect(told).toBeGreaterThan(10);
    expect(error).toBeLessThanOrEqual(0.1);
  });

  test.each<[string, (place: number) => boolean, Partial<World>]>([
    ['half', (place) => place % 2 === 0, {}],
    ['four in five', (place) => place % 5 > 0, {}],
    ['one in five', (place) => place % 5 === 0, { invoices: 3_000, ratePerSecond: 50 }],
    [
      'one in three, with time-outs and some that are forgotten',
      (place) => place % 3 === 0,
      {
        ...{ invoices: 2_500, ratePerSecond: 50, decisionMs: { min: 500, max: 2_500 } },
        ...{ lost: 0.015, timeoutMs: 3_000, forgotten: 0.004, parked: 0.005 },
      },
    ],
  ])('of a half month that is %s of all that is sent', (_, isOwn, change) => {
    const { error, told } = watch({ ...STEADY, ...change }, isOwn);
    expect(told).toBeGreaterThan(10);
    expect(error).toBeLessThanOrEqual(0.1);
  });

  test('in all worlds in which one invoice takes a small part of the whole time', () => {
    fc.assert(
      fc.property(
        fc.record({
          seed: fc.nat(),
          invoices: fc.integer({ min: 900, max: 1_400 }),
          ratePerSecond: fc.integer({ min: 5, max: 20 }),
          concurrency: fc.integer({ min: 8, max: 40 }),
          pollDelayMs: fc.integer({ min: 500, max: 2_000 }),
          lost: fc.double({ min: 0, max: 0.03, noNaN: true }),
          parked: fc.double({ min: 0, max: 0.05, noNaN: true }),
          rampMs: fc.integer({ min: 0, max: 5_000 }),
        }),
        (change) => {
          const { error } = watch({ ...STEADY, ...change });
          expect(error).toBeLessThanOrEqual(0.1);
        },
      ),
      // A bound on an error is no invariant: the same worlds each time.
      { numRuns: 6, seed: 20_261_121 },
    );
  }, 60_000);
});

const PACE = {
  ...{ currentPerSecond: 10, measuredPerSecond: 10, blockedUntilMs: 0, pollDelayMs: 2_000 },
  ...{ leaseMs: 30_000, isShared: false },
};
const NOW_MS = 1_000_000;
const packaged: InvoiceProgress = {
  state: 'packaged',
  calls: 0,
  polls: 0,
  dueAtMs: 0,
  updatedAtMs: 0,
};
const accepted = (place: number): InvoiceProgress => ({
  ...{ state: 'accepted', calls: 2, polls: 1 },
  begunAtMs: NOW_MS - 30_000 + place * 100,
  dueAtMs: NOW_MS - 28_000 + place * 100,
  updatedAtMs: NOW_MS - 28_000 + place * 100,
});
const many = <T>(count: number, one: (place: number) => T) =>
  Array.from({ length: count }, (_, place) => one(place));

test('nothing is told before a tenth is at rest, nor when all are', () => {
  const sent = many(100, (place) => accepted(200 + place));
  expect(forecastOf([...sent, ...many(901, () => packaged)], PACE, NOW_MS)).toBeUndefined();
  expect(forecastOf([...sent, ...many(900, () => packaged)], PACE, NOW_MS)).toBeDefined();
  expect(forecastOf(sent, PACE, NOW_MS)).toBeUndefined();
  expect(forecastOf([], PACE, NOW_MS)).toBeUndefined();
});

test('what was never to be sent does not count', () => {
  const skipped = many(5_000, (): InvoiceProgress => ({ ...packaged, state: 'skipped' }));
  const rest = [...many(300, accepted), ...many(100, () => packaged)];
  const forecast = forecastOf(rest, PACE, NOW_MS);
  expect(forecastOf([...rest, ...skipped], PACE, NOW_MS)).toEqual(forecast);
  expect(forecast?.remaining).toBe(100);
});

test('two requests each at ten a second are twenty seconds for a hundred', () => {
  const rest = [...many(300, accepted), ...many(100, () => packaged)];
  const { doneAtMs = 0 } = forecastOf(rest, PACE, NOW_MS) ?? {};
  // And the last one's question.
  expect((doneAtMs - NOW_MS) / 1_000).toBeGreaterThanOrEqual(20);
  expect((doneAtMs - NOW_MS) / 1_000).toBeLessThan(22);
});

test('nothing is told while work waits and nothing is sent, or only of others', () => {
  const rest = [...many(300, accepted), ...many(100, () => packaged)];
  expect(forecastOf(rest, { ...PACE, measuredPerSecond: 0 }, NOW_MS)).toBeUndefined();
  expect(forecastOf(rest, { ...PACE, isShared: true }, NOW_MS + 30_000)).toBeUndefined();
});

test('a retry on the next day goes at the pace of its own, not at a mean since the day before', () => {
  const dayAgo = (invoice: InvoiceProgress): InvoiceProgress => ({
    ...invoice,
    ...{ begunAtMs: NOW_MS - 86_400_000, dueAtMs: NOW_MS - 86_390_000 },
    updatedAtMs: NOW_MS - 86_390_000,
  });
  const rest = [...many(300, accepted), ...many(100, () => packaged)];
  const { doneAtMs = 0 } = forecastOf(rest, PACE, NOW_MS) ?? {};
  const before = many(500, accepted).map(dayAgo);
  const forecast = forecastOf([...before, ...rest], PACE, NOW_MS);
  expect(forecast?.doneAtMs).toBeCloseTo(doneAtMs, -2);
});

test('what was retried goes by the pace since then, also in the first seconds', () => {
  const early = { ...PACE, measuredPerSecond: 4 };
  const before = many(500, accepted).map((invoice) => ({
    ...invoice,
    ...{ begunAtMs: NOW_MS - 86_400_000, dueAtMs: NOW_MS - 86_390_000 },
    updatedAtMs: NOW_MS - 86_390_000,
  }));
  const begun = many(40, (): InvoiceProgress => {
    const times = { dueAtMs: NOW_MS + 1_000, updatedAtMs: NOW_MS - 1_000 };
    return { state: 'submitted', calls: 1, polls: 0, begunAtMs: NOW_MS - 4_000, ...times };
  });
  const waiting = many(100, () => packaged);
  const { doneAtMs = 0 } = forecastOf([...before, ...begun, ...waiting], early, NOW_MS) ?? {};
  // 240 requests, at ten a second.
  expect((doneAtMs - NOW_MS) / 1_000).toBeGreaterThan(20);
  expect((doneAtMs - NOW_MS) / 1_000).toBeLessThan(28);
});

test('of very many some stand for all', () => {
  const submitted = many(9_000, (place): InvoiceProgress => {
    const updatedAtMs = NOW_MS - 300_000 + place * 30;
    const times = { updatedAtMs, dueAtMs: updatedAtMs + 300_000 };
    return { state: 'submitted', calls: 10, polls: 9, begunAtMs: NOW_MS - 900_000, ...times };
  });
  const rest = [...many(3_000, accepted), ...submitted];
  const { doneAtMs = 0 } = forecastOf(rest, { ...PACE, measuredPerSecond: 1 }, NOW_MS) ?? {};
  const alone = forecastOf([...many(3_000, accepted), ...submitted.slice(-1)], PACE, NOW_MS);
  expect(doneAtMs).toBeGreaterThanOrEqual((alone?.doneAtMs ?? 0) - 1_000);
  expect(doneAtMs).toBeLessThan(NOW_MS + 3_600_000);
});

test('what is to be looked up in four minutes is not at rest before', () => {
  const unknown: InvoiceProgress = {
    ...{ state: 'unknown', calls: 1, polls: 0, begunAtMs: NOW_MS - 9_000 },
    ...{ dueAtMs: NOW_MS + 240_000, updatedAtMs: NOW_MS - 8_000 },
  };
  const rest = [...many(300, accepted), unknown];
  const { doneAtMs = 0 } = forecastOf(rest, { ...PACE, measuredPerSecond: 1 }, NOW_MS) ?? {};
  expect((doneAtMs - NOW_MS) / 1_000).toBeGreaterThan(240);
  expect((doneAtMs - NOW_MS) / 1_000).toBeLessThan(245);
});

test('an invoice that was asked for more often than can be told does no harm', () => {
  const asked: InvoiceProgress = {
    ...{ state: 'submitted', calls: 2_000, polls: 1_999, begunAtMs: NOW_MS - 300_000_000 },
    ...{ dueAtMs: NOW_MS + 100_000, updatedAtMs: NOW_MS - 20_000 },
  };
  const rest = [...many(300, accepted), ...many(100, () => packaged)];
  const { doneAtMs = 0 } = forecastOf([...rest, asked], PACE, NOW_MS) ?? {};
  expect((doneAtMs - NOW_MS) / 1_000).toBeGreaterThanOrEqual(100);
});

test('what waits for nothing but decisions takes as long as decisions took', () => {
  const submitted: InvoiceProgress = {
    ...{ state: 'submitted', calls: 1, polls: 0, begunAtMs: NOW_MS - 500, dueAtMs: NOW_MS + 1_500 },
    updatedAtMs: NOW_MS - 500,
  };
  const rest = [...many(300, accepted), submitted];
  const { doneAtMs = 0 } = forecastOf(rest, { ...PACE, measuredPerSecond: 1 }, NOW_MS) ?? {};
  expect(doneAtMs - NOW_MS).toBeCloseTo(1_500, -2);
});

test('nothing goes on before a block is over', () => {
  const rest = [...many(300, accepted), ...many(100, () => packaged)];
  const blocked = { ...PACE, measuredPerSecond: 0, blockedUntilMs: NOW_MS + 60_000 };
  const free = forecastOf(rest, PACE, NOW_MS)?.doneAtMs ?? 0;
  expect(forecastOf(rest, blocked, NOW_MS)?.doneAtMs).toBe(free + 60_000);
});
