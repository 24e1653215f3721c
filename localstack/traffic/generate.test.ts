import { describe, expect, test } from '@jest/globals';
import { readPrices } from '#localstack/seed/prices.ts';
import { ChargeBody } from '#shared/contracts/charges.ts';
import { parseMicros } from '#shared/domain/money.ts';
import { rate } from '#shared/domain/price.ts';
import { generateCharges, generateUsage, prepaidAccounts } from './generate.ts';
import { faultOf } from './usage-row.ts';

const USAGE = {
  seed: 7,
  count: 20_000,
  clients: 300,
  fromMs: Date.parse('2026-11-02T00:00:00Z'),
  toMs: Date.parse('2026-11-16T00:00:00Z'),
  runId: 'run1',
};

describe('generated usage', () => {
  const rows = [...generateUsage(USAGE)];

  test('is the same for the same seed, and new under another run', () => {
    expect([...generateUsage(USAGE)]).toEqual(rows);
    const other = [...generateUsage({ ...USAGE, runId: 'run2' })];
    expect(other.map(({ id: _, ...row }) => row)).toEqual(rows.map(({ id: _, ...row }) => row));
    expect(new Set([...rows, ...other].map(({ id }) => id)).size).toBe(40_000);
    expect([...generateUsage({ ...USAGE, seed: 8 })]).not.toEqual(rows);
  });

  test('is what the ingestion API takes and the price list prices', () => {
    const prices = readPrices();
    for (const row of rows) {
      expect(faultOf(row)).toBeUndefined();
      expect(prices.has(row.meter)).toBe(true);
    }
    const currencies = rows.map(({ meter }) => prices.get(meter)?.currency);
    expect(new Set(currencies)).toEqual(new Set(['USD', 'EUR']));
    expect(new Set(rows.map(({ meter }) => meter)).size).toBeGreaterThanOrEqual(5);
  });

  test('lies within its interval and nearly in order', () => {
    const times = rows.map(({ occurredAt }) => Date.parse(occurredAt));
    expect(Math.min(...times)).toBeGreaterThanOrEqual(USAGE.fromMs);
    expect(Math.max(...times)).toBeLessThan(USAGE.toMs);
    const backsteps = times.map((time, index) => (times[index - 1] ?? 0) - time);
    expect(Math.max(...backsteps)).toBeGreaterThan(0);
    expect(Math.max(...backsteps)).toBeLessThan(600_000);
  });

  test('has few large clients, quiet nights and quiet weekends', () => {
    const count = (keyOf: (row: (typeof rows)[number]) => unknown) =>
      new Map([...Map.groupBy(rows, keyOf)].map(([key, group]) => [key, group.length]));
    const byClient = [...count(({ client }) => client).values()].sort((a, b) => b - a);
    const top = byClient.slice(0, 30).reduce((sum, events) => sum + events, 0);
    expect(top).toBeGreaterThan(rows.length / 2);
    const byHour = count(({ occurredAt }) => occurredAt.slice(11, 13));
    expect(byHour.get('03')).toBeLessThan((byHour.get('11') as number) / 4);
    const byDay = count(({ occurredAt }) => new Date(occurredAt).getUTCDay());
    expect(byDay.get(0)).toBeLessThan((byDay.get(3) as number) * 0.6);
  });

  test.each([0, 1])('can be as little as %i', (count) => {
    const hour = { ...USAGE, count, toMs: USAGE.fromMs + 1 };
    expect([...generateUsage(hour)]).toHaveLength(count);
  });
});

describe('generated charges', () => {
  const OPTIONS = { seed: 7, count: 10_000, accounts: 100, duplicatesShare: 0.03, runId: 'run1' };
  const charges = [...generateCharges(OPTIONS)];

  test('are the same for the same seed, under ids of their own in another run', () => {
    expect([...generateCharges(OPTIONS)]).toEqual(charges);
    const ids = new Set(charges.map(({ id }) => id));
    const others = [...generateCharges({ ...OPTIONS, runId: 'run2' })];
    expect(others.some(({ id }) => ids.has(id))).toBe(false);
  });

  test('repeat exactly as many as asked for, each like its first', () => {
    expect(charges).toHaveLength(10_000);
    const byId = Map.groupBy(charges, ({ id }) => id);
    expect(byId.size).toBe(9_700);
    for (const [first, ...repeats] of byId.values()) {
      for (const repeat of repeats) expect(repeat).toEqual(first);
    }
  });

  test('are what the API takes, in the currency of their account, at the listed price', () => {
    const currencies = new Map(prepaidAccounts(100).map((one) => [one.client, one.currency]));
    const prices = readPrices();
    for (const charge of charges) {
      expect(ChargeBody.safeParse(charge).success).toBe(true);
      expect(charge.currency).toBe(currencies.get(charge.client));
      const rating = rate(prices, charge.meter, parseMicros(charge.quantity) as bigint);
      expect(rating).toMatchObject({ rated: true, amountMicros: parseMicros(charge.amount) });
    }
  });

  test('leave some accounts dry that begin with 25.00, and most not', () => {
    const spent = new Map<string, bigint>();
    for (const { client, amount } of new Set(charges)) {
      spent.set(client, (spent.get(client) ?? 0n) + (parseMicros(amount) as bigint));
    }
    const dry = [...spent.values()].filter((micros) => micros > 25_000_000n).length;
    expect(dry).toBeGreaterThan(3);
    expect(dry).toBeLessThan(30);
    expect(spent.size).toBe(100);
  });
});
