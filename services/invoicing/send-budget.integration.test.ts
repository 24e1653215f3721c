import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Answer } from '#shared/domain/invoice.ts';
import { connectRedis } from '#shared/platform/redis.ts';
import { type Clock, systemClock } from './clock.ts';
import { createSendBudget, type GrantedPermit, type SendBudget } from './send-budget.ts';
import { connectTimedRedis } from './testing/timed-redis.ts';

const url = process.env.REDIS_URL ?? 'redis://127.0.0.1:6391';
const connect = () => connectRedis({ url, isCluster: false, commandTimeoutMs: 2_000 });
const clients = Array.from({ length: 4 }, connect);

let timed: Awaited<ReturnType<typeof connectTimedRedis>>;
let key: string;
let clock: Clock;
let pass: (ms: number) => Promise<void>;
let step: (ms: number) => Promise<void>;

beforeAll(async () => {
  timed = await connectTimedRedis(url);
});
beforeEach(async () => {
  key = `{send-budget-${randomUUID()}}`;
  ({ clock, pass, step } = await timed.clockFor(key));
});
afterAll(async () => {
  await Promise.all([...clients, timed.redis].map((client) => client.quit()));
});

const SETTINGS = { ratePerSecond: 20, concurrency: 100, timeoutMs: 8_000, leaseMs: 30_000 };
const budgetOf = (changes: Partial<typeof SETTINGS> = {}) =>
  createSendBudget(timed.redis, { ...SETTINGS, ...changes, key }, clock);

let invoices = 0;
const errandBy = (byMs: number) => ({ invoice: `invoice-${invoices++}`, version: 2n, byMs });

/** A permit within a minute. */
async function granted(budget: SendBudget, invoice?: string): Promise<GrantedPermit> {
  const errand = errandBy(clock.elapsedMs() + 60_000);
  const permit = await budget.take({ ...errand, ...(invoice && { invoice }) });
  if (!permit.granted) throw new Error(`no permit for ${permit.retryInMs} ms`);
  return permit;
}

const taken: Answer = { type: 'taken' };
const failed: Answer = { type: 'no_answer', detail: '500: down' };
const denied: Answer = { type: 'denied', detail: '401: wrong key' };

/** One request with its answer; `latencyMs` passes. */
async function call(budget: SendBudget, answer: Answer, latencyMs = 100, invoice?: string) {
  const permit = await granted(budget, invoice);
  await pass(latencyMs);
  return budget.report(permit, { answer, latencyMs });
}

async function calls(budget: SendBudget, count: number, answer: Answer, latencyMs = 100) {
  const events: (string | undefined)[] = [];
  for (let each = 0; each < count; each++) events.push(await call(budget, answer, latencyMs));
  return events;
}

/** The most instants within any second. */
function peakOf(instants: readonly number[]): number {
  const sorted = [...instants].sort((a, b) => a - b);
  let first = 0;
  let peak = 0;
  for (const [index, atMs] of sorted.entries()) {
    while ((sorted[first] ?? 0) <= atMs - 1_000) first += 1;
    peak = Math.max(peak, index - first + 1);
  }
  return peak;
}

describe('the rate', () => {
  test('of four processes is kept in every second, and used', async () => {
    const budgets = clients.map((client) =>
      createSendBudget(client, { ...SETTINGS, ratePerSecond: 50, key }),
    );
    const untilMs = systemClock.elapsedMs() + 5_000;
    const instants: number[] = [];
    const drain = async (budget: SendBudget) => {
      for (;;) {
        const permit = await budget.take(errandBy(untilMs));
        if (!permit.granted) return;
        instants.push(systemClock.elapsedMs());
        budget.sent(permit);
        await budget.report(permit, { answer: taken, latencyMs: 1 });
      }
    };
    await Promise.all(budgets.flatMap((budget) => [1, 2, 3].map(() => drain(budget))));
    expect(peakOf(instants)).toBeLessThanOrEqual(50);
    // More than one window's worth: how close it comes to what is allowed is for the bench to say.
    expect(instants.length).toBeGreaterThan(60);
  }, 20_000);

  test.each([20, 50, 100])(
    'of %i a second is used to 98 of 100 while work waits',
    async (rate) => {
      const budget = budgetOf({ ratePerSecond: rate });
      await granted(budget);
      await pass(2_000);
      const fromMs = clock.elapsedMs();
      let count = 0;
      while (clock.elapsedMs() < fromMs + 10_000) {
        const permit = await granted(budget);
        // As late as a reply and a turn of the event loop are.
        await pass(1);
        budget.sent(permit);
        await budget.report(permit, { answer: taken, latencyMs: 1 });
        count += 1;
      }
      expect(count / rate / 10).toBeGreaterThanOrEqual(0.98);
      expect(count / rate / 10).toBeLessThanOrEqual(1);
    },
    30_000,
  );

  test('is kept whenever requests come, however long they are held up, and over steps of the clock', async () => {
    const events = fc.array(
      fc.record({
        pauseMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 60 }), fc.nat(2_000)),
        heldUpMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 200 })),
        stepMs: fc.constantFrom(0, 0, 0, 0, 0, 3_600_000, -3_600_000, 18_000_000, -1_200),
      }),
      { minLength: 20, maxLength: 120 },
    );
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 30 }), events, async (ratePerSecond, drawn) => {
        key = `{send-budget-${randomUUID()}}`;
        ({ clock, pass, step } = await timed.clockFor(key));
        const budgets = [1, 2].map(() => budgetOf({ ratePerSecond }));
        const instants: number[] = [];
        for (const [index, { pauseMs, heldUpMs, stepMs }] of drawn.entries()) {
          const budget = budgets[index % 2] as SendBudget;
          await pass(pauseMs);
          // A step is noticed by those who have seen the time before it.
          if (stepMs !== 0 && index % 5 === 4) await step(stepMs);
          const permit = await granted(budget);
          await pass(heldUpMs);
          instants.push(clock.elapsedMs());
          budget.sent(permit);
          await budget.report(permit, { answer: taken, latencyMs: 10 });
        }
        expect(peakOf(instants)).toBeLessThanOrEqual(ratePerSecond);
      }),
      { numRuns: 40 },
    );
  }, 60_000);

  test('is given out for a moment that is near, and who asks earlier waits', async () => {
    const budget = budgetOf();
    for (let each = 0; each < 3; each++) await granted(budget);
    const asked: number[] = [];
    const spied = createSendBudget(
      timed.redis,
      { ...SETTINGS, key },
      {
        ...clock,
        sleep: async (ms) => {
          asked.push(ms);
          await clock.sleep(ms);
        },
      },
    );
    const fromMs = clock.elapsedMs();
    const permit = await granted(spied);
    // 50 ms to the next one: 40 until it is asked for again, and 10 ahead of its moment.
    expect(asked).toEqual([40, 10]);
    expect(permit.forMs - fromMs).toBe(50);
    expect(clock.elapsedMs() - fromMs).toBe(50);
  });

  test('is kept to by a window that grows while requests are held up, but not by new connections', async () => {
    const budget = budgetOf();
    const lateUs = async (lateMs: number, isOnNewConnection: boolean, count = 6) => {
      for (let each = 0; each < count; each++) {
        const permit = await granted(budget);
        await pass(lateMs);
        budget.sent(permit, isOnNewConnection);
        await budget.report(permit, { answer: taken, latencyMs: 10 });
      }
      return Number(await timed.redis.hget(key, 'late_us'));
    };
    expect(await lateUs(50, true)).toBe(0);
    expect(await lateUs(50, false)).toBe(50_000);
    const fromMs = clock.elapsedMs();
    await lateUs(0, false, 20);
    expect(clock.elapsedMs() - fromMs).toBeGreaterThan(1_015 + 30);
    expect(await lateUs(0, false, 200)).toBeLessThan(8_000);
  });

  test('is met by requests that leave when they may, however long their way from here takes', async () => {
    const budget = budgetOf();
    const lateMs: number[] = [];
    for (let each = 0; each < 200; each++) {
      const permit = await granted(budget);
      await pass(2);
      lateMs.push(clock.elapsedMs() - permit.forMs);
      budget.sent(permit);
      await budget.report(permit, { answer: taken, latencyMs: 10 });
    }
    for (const each of lateMs.slice(100)) expect(Math.abs(each)).toBeLessThanOrEqual(1);
  });

  test('is not saved up, and a sender that was held up catches up a little', async () => {
    const budget = budgetOf({ ratePerSecond: 100 });
    await granted(budget);
    await pass(5_000);
    const fromMs = clock.elapsedMs();
    for (let each = 0; each < 20; each++) await granted(budget);
    const tookMs = clock.elapsedMs() - fromMs;
    expect(tookMs).toBeGreaterThanOrEqual(120);
    expect(tookMs).toBeLessThanOrEqual(140);
  });

  test('begins after a second where nothing is known of the one before', async () => {
    const fromMs = clock.elapsedMs();
    await granted(budgetOf());
    expect(clock.elapsedMs() - fromMs).toBeGreaterThanOrEqual(1_000);
  });

  test('that is set lower applies at once', async () => {
    const fast = budgetOf({ ratePerSecond: 100 });
    for (let each = 0; each < 50; each++) await granted(fast);
    const slow = budgetOf({ ratePerSecond: 10 });
    const fromMs = clock.elapsedMs();
    await granted(slow);
    expect(clock.elapsedMs() - fromMs).toBeGreaterThan(900);
  });

  test('is not lowered by single failures, but by many, and comes back with the answers', async () => {
    const budget = budgetOf();
    const current = async () => (await budget.status()).currentPerSecond;
    await calls(budget, 50, taken);
    await calls(budget, 2, failed);
    expect(await current()).toBe(20);
    await calls(budget, 6, failed);
    expect(await current()).toBeLessThan(16);
    await calls(budget, 60, taken);
    expect(await current()).toBe(20);
  });
});

describe('a 429', () => {
  test('stops everyone until Retry-After is over, which status tells and a person can end', async () => {
    const [one, other] = [budgetOf(), budgetOf()];
    await call(one, { type: 'throttled', retryAfterMs: 3_600_000 });
    const refusal = await other.take(errandBy(clock.elapsedMs() + 60_000));
    expect(refusal).toMatchObject({ granted: false });
    if (!refusal.granted) expect(refusal.retryInMs).toBeGreaterThan(3_599_000);
    const { waitMs } = await other.outlook();
    expect(waitMs).toBeGreaterThan(3_599_000);
    const { blockedUntilMs, nowMs } = await other.status();
    expect(blockedUntilMs - nowMs).toBeGreaterThan(3_599_000);
    const resumed = await other.resume();
    expect(resumed.blockedUntilMs).toBe(0);
    await granted(one);
  });

  test('lowers the rate once for what was under way, and widens the window', async () => {
    const budget = budgetOf();
    const permits = [await granted(budget), await granted(budget), await granted(budget)];
    for (const permit of permits) {
      await budget.report(permit, {
        answer: { type: 'throttled', retryAfterMs: 1_000 },
        latencyMs: 9,
      });
    }
    expect((await budget.status()).currentPerSecond).toBe(14);
    expect(Number(await timed.redis.hget(key, 'extra_us'))).toBe(20_000);
  });

  test.each([0, 1_000])(
    'with a Retry-After of %i ms lowers the rate once for all that was sent before it, however late the answers',
    async (retryAfterMs) => {
      const budget = budgetOf();
      const fromMs = clock.elapsedMs();
      const permits: GrantedPermit[] = [];
      for (let each = 0; each < 10; each++) permits.push(await granted(budget));
      const report = (permit: GrantedPermit) =>
        budget.report(permit, {
          answer: { type: 'throttled', retryAfterMs },
          latencyMs: clock.elapsedMs() - Math.max(permit.forMs, fromMs),
        });
      for (const permit of permits) {
        await pass(500);
        await report(permit);
      }
      expect((await budget.status()).currentPerSecond).toBe(14);
      expect(Number(await timed.redis.hget(key, 'extra_us'))).toBe(20_000);
      await pass(retryAfterMs);
      const next = await granted(budget);
      await pass(10);
      await report(next);
      expect((await budget.status()).currentPerSecond).toBeLessThan(14);
    },
  );

  test('is as long after a step of the clock', async () => {
    const budget = budgetOf();
    await call(budget, { type: 'throttled', retryAfterMs: 60_000 });
    for (const ms of [7_200_000, -3_600_000]) {
      await step(ms);
      const { waitMs } = await budget.outlook();
      expect(waitMs).toBeGreaterThan(58_000);
      expect(waitMs).toBeLessThan(61_000);
    }
  });
});

describe('places', () => {
  test('are as many for all processes together, and a dead sender frees its own', async () => {
    const [one, other] = [budgetOf({ concurrency: 3 }), budgetOf({ concurrency: 3 })];
    const permits = [await granted(one), await granted(one), await granted(other)];
    expect((await one.status()).placesInUse).toBe(3);
    expect(await other.take(errandBy(clock.elapsedMs() + 2_000))).toMatchObject({ granted: false });
    await one.report(permits[0] as GrantedPermit, { answer: taken, latencyMs: 100 });
    await granted(other);
    // None of them is heard of again.
    const fromMs = clock.elapsedMs();
    await granted(other);
    expect(clock.elapsedMs() - fromMs).toBeLessThan(10_100);
    expect(clock.elapsedMs() - fromMs).toBeGreaterThan(6_000);
  });

  test('become fewer while answers take far longer than usual, and more again', async () => {
    const budget = budgetOf({ concurrency: 20 });
    await calls(budget, 60, taken, 100);
    expect((await budget.status()).currentPlaces).toBe(20);
    await calls(budget, 15, taken, 1_500);
    const shrunk = (await budget.status()).currentPlaces;
    expect(shrunk).toBeLessThan(12);
    await calls(budget, 250, taken, 100);
    expect((await budget.status()).currentPlaces).toBe(20);
  }, 20_000);

  test('are given back with the rest of a permit that was not used', async () => {
    const budget = budgetOf({ concurrency: 1 });
    await budget.giveBack(await granted(budget));
    expect(await budget.status()).toMatchObject({ placesInUse: 0, measuredPerSecond: 0 });
  });
});

describe('the fence', () => {
  test('lets nobody send under a lease older than one that has sent', async () => {
    const [one, other] = [budgetOf(), budgetOf()];
    const byMs = clock.elapsedMs() + 5_000;
    const permit = await one.take({ invoice: 'a', version: 3n, byMs });
    if (permit.granted) await one.report(permit, { answer: taken, latencyMs: 1 });
    expect(await other.take({ invoice: 'a', version: 2n, byMs })).toMatchObject({
      granted: false,
      isLeaseLost: true,
    });
    expect(await other.take({ invoice: 'a', version: 4n, byMs })).toMatchObject({ granted: true });
  });

  test('lets nobody ask about an invoice while a request about it is under way', async () => {
    const [one, other] = [budgetOf(), budgetOf()];
    await granted(one);
    const startMs = clock.elapsedMs();
    await one.take({ invoice: 'a', version: 2n, byMs: startMs + 1_000 });
    const waited = await other.take({ invoice: 'a', version: 3n, byMs: startMs + 5_000 });
    expect(waited).toEqual({ granted: false, retryInMs: 0 });
    const late = await other.take({ invoice: 'a', version: 3n, byMs: startMs + 30_000 });
    expect(late.granted).toBe(true);
    expect(clock.elapsedMs() - startMs).toBeGreaterThanOrEqual(10_000);
  });
});

describe('the breaker', () => {
  const stateOf = async (budget: SendBudget) => (await budget.status()).breaker;

  test('opens after failures in a row of all processes, says why, and lets nobody send', async () => {
    const [one, other] = [budgetOf(), budgetOf()];
    await calls(one, 5, failed);
    expect(await calls(other, 5, failed)).toEqual([...Array(4), 'opened']);
    expect(await stateOf(one)).toMatchObject({ state: 'open', reason: 'failed: 500: down' });
    const refusal = await one.take(errandBy(clock.elapsedMs() + 60_000));
    expect(refusal).toMatchObject({ granted: false });
    const { waitMs, isProbe } = await one.outlook();
    expect(isProbe).toBe(true);
    expect(waitMs).toBeGreaterThan(4_800);
  });

  test('opens for a wrong key as well', async () => {
    const budget = budgetOf();
    await calls(budget, 10, denied);
    expect(await stateOf(budget)).toMatchObject({
      state: 'open',
      reason: 'denied: 401: wrong key',
    });
  });

  test('opens when most calls fail, even if some do not', async () => {
    const budget = budgetOf();
    for (let each = 0; each < 200 && (await stateOf(budget)).state === 'closed'; each++) {
      await call(budget, each % 7 === 6 ? taken : failed);
    }
    expect((await stateOf(budget)).state).toBe('open');
  });

  test('stays closed for one invoice that always fails, and for failures far apart', async () => {
    const budget = budgetOf();
    for (let each = 0; each < 15; each++) await call(budget, failed, 100, 'poisoned');
    expect((await stateOf(budget)).state).toBe('closed');
    for (let each = 0; each < 30; each++) {
      await call(budget, failed);
      await pass(61_000);
    }
    expect((await stateOf(budget)).state).toBe('closed');
  });

  test('probes with single requests, later and later, and closes with the first answer', async () => {
    const [one, other] = [budgetOf(), budgetOf()];
    await calls(one, 10, failed);
    const waits: number[] = [];
    for (let probe = 0; probe < 6; probe++) {
      const { waitMs } = await one.outlook();
      waits.push(Math.round(waitMs / 1_000));
      await pass(waitMs);
      const permit = await granted(one);
      expect(await stateOf(one)).toMatchObject({ state: 'probing' });
      const refusal = await other.take(errandBy(clock.elapsedMs() + 1_000));
      expect(refusal.granted).toBe(false);
      expect(await one.report(permit, { answer: failed, latencyMs: 10 })).toBe('open');
    }
    expect(waits).toEqual([5, 10, 20, 40, 60, 60]);
    await pass(60_000);
    expect(await call(other, taken)).toBe('closed');
    expect(await stateOf(one)).toMatchObject({ state: 'closed', reason: '' });
    expect((await one.status()).currentPerSecond).toBeLessThanOrEqual(11);
  });

  test('lets the next probe go when the sender of one has died', async () => {
    const [one, other] = [budgetOf(), budgetOf()];
    await calls(one, 10, failed);
    await pass(5_000);
    await granted(one);
    const { waitMs } = await other.outlook();
    expect(waitMs).toBeLessThanOrEqual(10_000);
    await pass(waitMs);
    await granted(other);
  });

  test('is closed at the word of a person', async () => {
    const budget = budgetOf();
    await calls(budget, 10, failed);
    expect((await budget.resume()).breaker).toMatchObject({ state: 'closed', reason: '' });
    await granted(budget);
  });
});

test('without Redis there is no permit but an error', async () => {
  const gone = connect();
  await gone.quit();
  const budget = createSendBudget(gone, { ...SETTINGS, key });
  await expect(budget.take(errandBy(systemClock.elapsedMs() + 1_000))).rejects.toThrow(
    'Connection is closed',
  );
});
