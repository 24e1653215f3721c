import { randomUUID } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { connectRedis } from '#shared/platform/redis.ts';
import { systemClock } from './clock.ts';
import { createSendBudget, type SendBudget } from './send-budget.ts';

const settings = {
  url: process.env.REDIS_URL ?? 'redis://127.0.0.1:6391',
  isCluster: false,
  commandTimeoutMs: 2_000,
};
const clients = Array.from({ length: 4 }, () => connectRedis(settings));
const [redis] = clients as [(typeof clients)[number]];
let key: string;

beforeEach(() => {
  key = `{send-budget-${randomUUID()}}`;
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.quit()));
});

const budgetOf = (client: (typeof clients)[number], ratePerSecond: number) =>
  createSendBudget(client, { ratePerSecond, key });
const inMs = (durationMs: number) => systemClock.elapsedMs() + durationMs;
const rateNow = async () => Number(await redis.hget(key, 'rate'));

/** Takes permits with `workers` callers until the time is over; the instants at which they were granted. */
async function drain(budget: SendBudget, workers: number, durationMs: number): Promise<number[]> {
  const untilMs = inMs(durationMs);
  const instants: number[] = [];
  await Promise.all(
    Array.from({ length: workers }, async () => {
      while ((await budget.take(untilMs)).granted) instants.push(systemClock.elapsedMs());
    }),
  );
  return instants;
}

/** The most instants within any second. */
function peakOf(instants: readonly number[]): number {
  const sorted = [...instants].sort((a, b) => a - b);
  return Math.max(
    ...sorted.map((start, index) => sorted.slice(index).filter((at) => at < start + 1_000).length),
  );
}

describe('permits', () => {
  test('of four processes with many workers never exceed the limit in any second, and use the rate', async () => {
    const budgets = clients.map((client) => budgetOf(client, 22));
    const granted = await Promise.all(budgets.map((budget) => drain(budget, 12, 4_000)));
    const instants = granted.flat();
    expect(peakOf(instants)).toBeLessThanOrEqual(25);
    // 88 slots in 4 seconds. A few are left unused where the machine is late for them.
    expect(instants.length).toBeGreaterThanOrEqual(75);
    expect(instants.length).toBeLessThanOrEqual(90);
    await redis.del(key);
  }, 20_000);

  test('are not saved up while nobody takes them', async () => {
    const budget = budgetOf(redis, 50);
    await budget.take(inMs(1_000));
    // As if nothing had been sent for an hour.
    await redis.hincrby(key, 'slot_us', -3_600_000_000);
    const instants = await drain(budget, 10, 500);
    expect(instants.length).toBeLessThanOrEqual(27);
  });

  test('that would come too late are not reserved', async () => {
    const budget = budgetOf(redis, 1);
    expect(await budget.take(inMs(100))).toEqual({ granted: true });
    const slot = await redis.hget(key, 'slot_us');
    const refused = await budget.take(inMs(100));
    expect(refused).toMatchObject({ granted: false });
    expect(await redis.hget(key, 'slot_us')).toBe(slot);
  });

  test('come again after the clock of Redis has been set back', async () => {
    const budget = budgetOf(redis, 20);
    await budget.take(inMs(1_000));
    await redis.hincrby(key, 'slot_us', 3_600_000_000);
    expect(await budget.take(inMs(1_000))).toEqual({ granted: true });
  });
});

describe('a 429', () => {
  test('stops everyone until Retry-After is over, and lowers the rate once', async () => {
    const [one, other] = clients.map((client) => budgetOf(client, 20)) as [SendBudget, SendBudget];
    await one.report({ type: 'throttled', retryAfterMs: 60_000 });
    await other.report({ type: 'throttled', retryAfterMs: 1_000 });
    expect(await rateNow()).toBe(14_000);
    const refusal = await other.take(inMs(10_000));
    if (refusal.granted) throw new Error('granted while blocked');
    expect(refusal.retryInMs).toBeGreaterThan(59_000);
    expect(await other.blockedForMs()).toBeGreaterThan(59_000);
  });

  test('of half a second is over after half a second', async () => {
    const budget = budgetOf(redis, 20);
    await budget.report({ type: 'throttled', retryAfterMs: 500 });
    const startedMs = systemClock.elapsedMs();
    const refusal = await budget.take(inMs(5_000));
    expect(refusal.granted).toBe(false);
    if (!refusal.granted) await systemClock.sleep(refusal.retryInMs + 5);
    expect(await budget.take(inMs(5_000))).toEqual({ granted: true });
    expect(systemClock.elapsedMs() - startedMs).toBeGreaterThanOrEqual(495);
    expect(await budget.blockedForMs()).toBe(0);
  });
});

describe('the rate', () => {
  const failed = { type: 'no_answer', detail: '500' } as const;
  const answered = { type: 'taken' } as const;

  test('falls by a factor with each failure, not below its lowest', async () => {
    const budget = budgetOf(redis, 20);
    await budget.report(failed);
    expect(await rateNow()).toBe(19_000);
    for (let count = 0; count < 100; count++) await budget.report(failed);
    expect(await rateNow()).toBe(1_000);
  });

  test('rises evenly with the time while there are answers, up to its highest', async () => {
    const budget = budgetOf(redis, 20);
    for (let count = 0; count < 100; count++) await budget.report(failed);
    // As if the last answer had come half a second ago.
    await redis.hincrby(key, 'changed_us', -500_000);
    await budget.report(answered);
    expect(await rateNow()).toBeGreaterThanOrEqual(2_000);
    expect(await rateNow()).toBeLessThan(2_500);
    for (let count = 0; count < 30; count++) {
      await redis.hincrby(key, 'changed_us', -1_000_000);
      await budget.report(answered);
    }
    expect(await rateNow()).toBe(20_000);
  });

  test('that is set lower applies at once', async () => {
    await budgetOf(redis, 100).report(failed);
    const slow = budgetOf(redis, 10);
    await slow.take(inMs(1_000));
    const startedMs = systemClock.elapsedMs();
    await slow.take(inMs(1_000));
    expect(systemClock.elapsedMs() - startedMs).toBeGreaterThan(80);
  });

  test('is kept for an hour without use, and then forgotten', async () => {
    const budget = budgetOf(redis, 20);
    await budget.take(inMs(1_000));
    const ttlMs = await redis.pttl(key);
    expect(ttlMs).toBeGreaterThan(3_590_000);
    expect(ttlMs).toBeLessThan(3_610_000);
  });
});

test('without Redis there is no permit but an error', async () => {
  const gone = connectRedis(settings);
  await gone.quit();
  const budget = createSendBudget(gone, { ratePerSecond: 20, key });
  await expect(budget.take(inMs(1_000))).rejects.toThrow('Connection is closed');
});
