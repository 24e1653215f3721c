import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MAX_AMOUNT_MICROS, MAX_QUANTITY_MICROS } from '#shared/domain/money.ts';
import { isMeteredLine } from '#shared/domain/package-line.ts';
import {
  type InvoicePackage,
  invoiceIdOf,
  MAX_PACKAGE_LINES,
  packagesToAdd,
} from '#shared/domain/packaging.ts';
import type { DailyRecord } from '#shared/domain/usage.ts';
import { usageSums } from '#shared/testing/usage-arbitraries.ts';
import {
  decodeLines,
  INDEX_BUCKETS,
  invoiceKeyOf,
  isIntact,
  periodPartitionOf,
  statePartitionOf,
  toInvoiceItem,
} from './invoice-item.ts';

const PERIOD = '2026-11-H1';

test('lines read back as they were frozen', () => {
  fc.assert(
    fc.property(usageSums, (sums) => {
      for (const invoice of packagesToAdd('acme', PERIOD, sums, [], 1)) {
        const item = toInvoiceItem(invoice, 1);
        expect(decodeLines(item.lines)).toEqual(invoice.lines);
        expect(item.linesSha256).toBe(createHash('sha256').update(item.lines).digest('hex'));
        expect(isIntact(item)).toBe(true);
        expect(isIntact({ ...item, lines: item.lines.replace(/"events":/, '"events": ') })).toBe(
          false,
        );
      }
    }),
  );
});

test('what has nothing to collect rests as skipped and says why, any other total is due at once', () => {
  const packaged = (totalMicros: bigint) => {
    const invoice: InvoicePackage = {
      id: invoiceIdOf('acme', PERIOD, 1),
      client: 'acme',
      period: PERIOD,
      revision: 1,
      currency: 'EUR',
      lines: [],
      totalMicros,
    };
    const { state, reason, detail, dueAtMs } = toInvoiceItem(invoice, 7);
    return { state, reason, detail, dueAtMs };
  };
  expect(packaged(0n)).toEqual({ state: 'skipped', reason: 'zero_total', dueAtMs: 7n });
  expect(packaged(1n)).toEqual({ state: 'packaged', dueAtMs: 7n });
  expect(packaged(-1_250_000n)).toEqual({
    state: 'skipped',
    reason: 'negative_total',
    detail:
      'More was given back than was used: 1.25 EUR in favour of the client, which no invoice carries.',
    dueAtMs: 7n,
  });
});

test('the packages of a client sort by half month and revision', () => {
  const keys = [
    ['2026-10-H2', 999_999],
    ['2026-11-H1', 1],
    ['2026-11-H1', 2],
    ['2026-11-H1', 10],
    ['2026-11-H1', 100_000],
    ['2026-11-H2', 1],
  ].map(([period, revision]) => invoiceKeyOf('acme', period as string, revision as number).sk);
  expect([...keys].sort()).toEqual(keys);
});

test('index partitions spread over all buckets and depend on the client alone', () => {
  const clients = Array.from({ length: 1_000 }, (_, index) => `client-${index}`);
  const buckets = new Set(clients.map((client) => statePartitionOf('packaged', client)));
  expect(buckets.size).toBe(INDEX_BUCKETS);
  for (const client of clients) {
    const [, bucket] = statePartitionOf('packaged', client).split('#');
    expect(periodPartitionOf(PERIOD, client)).toBe(`${PERIOD}#${bucket}`);
  }
});

test('the largest package leaves half of its item to its history', () => {
  const sums = Array.from(
    { length: MAX_PACKAGE_LINES },
    (_, index): DailyRecord => ({
      client: 'c'.repeat(128),
      day: '2026-11-03',
      meter: String(index).padStart(64, 'm'),
      currency: 'EUR',
      source: 'postpaid',
      events: 999_999_999,
      quantityMicros: MAX_QUANTITY_MICROS * 1_000_000n,
      amountMicros: -MAX_AMOUNT_MICROS * 1_000_000n,
      tree: { size: 999_999_999, root: 'f'.repeat(64) },
    }),
  );
  const [largest] = packagesToAdd('c'.repeat(128), PERIOD, sums, [], 1);
  if (!largest) throw new Error('no package');
  const lines = largest.lines
    .filter(isMeteredLine)
    .map((line) => ({ ...line, kind: 'adjustment' as const }));
  const item = toInvoiceItem({ ...largest, lines }, Date.now());
  const bytes = Object.entries(item).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name + String(value)),
    0,
  );
  expect(bytes).toBeLessThan((400 * 1024) / 2);
});
