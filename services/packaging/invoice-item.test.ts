import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { PackagingRules } from '#shared/domain/carry-over.ts';
import { MAX_AMOUNT_MICROS, MAX_QUANTITY_MICROS } from '#shared/domain/money.ts';
import { isMeteredLine } from '#shared/domain/package-line.ts';
import { MAX_PACKAGE_LINES, packagesToAdd } from '#shared/domain/packaging.ts';
import type { DailyRecord, UsageSum } from '#shared/domain/usage.ts';
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

describe('a package of a total of', () => {
  const rules = (carriesOver: boolean): PackagingRules => ({
    minimumMicros: new Map([['EUR', 5_000_000n]]),
    carriesOver,
  });
  const packaged = (amountMicros: bigint, carriesOver: boolean) => {
    const sum: UsageSum = {
      ...{ client: 'acme', day: '2026-11-03', meter: 'sms', currency: 'EUR', source: 'postpaid' },
      ...{ events: 1, quantityMicros: 1n, amountMicros },
    };
    const terms = { rules: rules(carriesOver), open: [] };
    const [invoice] = packagesToAdd('acme', PERIOD, [sum], [], 1, terms);
    if (!invoice) throw new Error('no package');
    const { state, reason, detail, dueAtMs, isLeft = false } = toInvoiceItem(invoice, 7);
    return { state, reason, detail, dueAtMs, isLeft };
  };

  test.each([5_000_000n, 5_000_001n])('%d is due at once', (amountMicros) => {
    expect(packaged(amountMicros, true)).toEqual({
      state: 'packaged',
      dueAtMs: 7n,
      isLeft: false,
    });
  });

  const NOTHING = 'There is nothing to collect: its lines sum up to zero.';
  const GIVEN_BACK = 'More was given back than was used: 1.25 EUR in favour of the client,';
  const LESS = '4.50 EUR is less than the least amount that is invoiced;';
  test.each([
    [0n, false, 'zero_total', NOTHING],
    [0n, true, 'zero_total', NOTHING],
    [-1_250_000n, false, 'negative_total', `${GIVEN_BACK} which no invoice carries.`],
    [
      -1_250_000n,
      true,
      'negative_total',
      `${GIVEN_BACK} which its next package in EUR takes over.`,
    ],
    [4_500_000n, false, 'below_minimum', `${LESS} nobody collects it.`],
    [4_500_000n, true, 'below_minimum', `${LESS} the client's next package in EUR takes it over.`],
  ])(
    '%d rests as skipped and says why, with carry-over: %s',
    (total, carriesOver, reason, detail) => {
      const isLeft = carriesOver && total !== 0n;
      expect(packaged(total, carriesOver)).toEqual({
        ...{ state: 'skipped', reason, detail, isLeft, dueAtMs: 7n },
      });
    },
  );
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
