import { describe, expect, test } from '@jest/globals';
import type { PackagingRules } from '#shared/domain/carry-over.ts';
import { packagesToAdd } from '#shared/domain/packaging.ts';
import type { UsageSum } from '#shared/domain/usage.ts';
import { freezePackage } from './frozen-package.ts';
import {
  INDEX_BUCKETS,
  invoiceKeyOf,
  periodPartitionOf,
  statePartitionOf,
} from './invoice-item.ts';

const PERIOD = '2026-11-H1';

describe('a package of a total of', () => {
  const rules = (carriesOver: boolean): PackagingRules => ({
    minimumMicros: new Map([['EUR', 5_000_000n]]),
    carriesOver,
  });
  const packaged = (amountMicros: bigint, carriesOver: boolean, paidMicros = 0n) => {
    const sum = (source: UsageSum['source'], micros: bigint): UsageSum => ({
      ...{ client: 'acme', day: '2026-11-03', meter: 'sms', currency: 'EUR', source },
      ...{ events: 1, quantityMicros: 1n, amountMicros: micros },
    });
    const paid = paidMicros === 0n ? [] : [sum('prepaid', paidMicros)];
    const sums = [sum('postpaid', amountMicros - paidMicros), ...paid];
    const terms = { rules: rules(carriesOver), open: [] };
    const [invoice] = packagesToAdd('acme', PERIOD, sums, [], 1, terms);
    if (!invoice) throw new Error('no package');
    const { state, reason, detail, dueAtMs, isLeft = false } = freezePackage(invoice, 7).item;
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

  test.each<[string, bigint, bigint, boolean, string]>([
    [
      'zero, and something due',
      0n,
      -2_000_000n,
      true,
      "Its lines sum up to zero; the client's next package in EUR takes it over. Of the total, -2.00 EUR are paid from its balance already, and 2.00 are due.",
    ],
    [
      'zero, and given up',
      0n,
      -2_000_000n,
      false,
      'Its lines sum up to zero; nobody collects it. Of the total, -2.00 EUR are paid from its balance already, and 2.00 are due.',
    ],
    [
      'given back to the balance',
      -1_250_000n,
      -1_250_000n,
      true,
      `${GIVEN_BACK} which its next package in EUR takes over. Of the total, -1.25 EUR are paid from its balance already, and 0.00 are due.`,
    ],
    [
      'little and prepaid',
      4_500_000n,
      4_500_000n,
      true,
      `${LESS} the client's next package in EUR takes it over. Of the total, 4.50 EUR are paid from its balance already, and 0.00 are due.`,
    ],
  ])('%s says how much of it is paid', (_, total, paid, carriesOver, detail) => {
    expect(packaged(total, carriesOver, paid)).toMatchObject({ detail, isLeft: carriesOver });
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
