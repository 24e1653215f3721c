import { describe, expect, test } from '@jest/globals';
import type * as z from 'zod/mini';
import * as field from './fields.ts';

type Schema = z.ZodMiniType;

describe.each<[string, Schema, [unknown, unknown][], unknown[]]>([
  [
    'client',
    field.client,
    [
      ['acme', 'acme'],
      ['0', '0'],
      ['A-1._:@+~=', 'A-1._:@+~='],
      ['a'.repeat(128), 'a'.repeat(128)],
    ],
    ['', '-a', 'a b', 'a#b', 'a/b', 'a{b}', 'é', 'a\n', 'a'.repeat(129), 1, null, undefined],
  ],
  [
    'meter',
    field.meter,
    [
      ['requests', 'requests'],
      ['gpu.seconds', 'gpu.seconds'],
      ['a'.repeat(64), 'a'.repeat(64)],
    ],
    ['', '.a', 'a b', 'a#b', 'a:b', 'a\n', 'a'.repeat(65), 1],
  ],
  [
    'id',
    field.id,
    [
      ['!', '!'],
      ['a/b#c{d}', 'a/b#c{d}'],
      ['x'.repeat(128), 'x'.repeat(128)],
    ],
    ['', 'a b', 'a\t', 'a\n', 'é', '\u007f', 'x'.repeat(129), 1],
  ],
  [
    'currency',
    field.currency,
    [
      ['USD', 'USD'],
      ['JPY', 'JPY'],
    ],
    ['usd', 'US', 'XYZ', '', 840],
  ],
  [
    'amount',
    field.amount,
    [
      ['0', 0n],
      ['-0', 0n],
      ['0.05', 50_000n],
      ['1000000000', 10n ** 15n],
      ['007', 7_000_000n],
    ],
    ['-0.000001', '1000000000.000001', '0.0000001', '1e3', '', ' 1', '1 ', '+1', '１', 1, '1\n'],
  ],
  ['positive amount', field.positiveAmount, [['0.000001', 1n]], ['0', '-1', '0.000000']],
  [
    'signed amount',
    field.signedAmount,
    [
      ['-1000000000', -(10n ** 15n)],
      ['1000000000', 10n ** 15n],
    ],
    ['-1000000000.000001', '1000000000.000001', '--1'],
  ],
  [
    'quantity',
    field.quantity,
    [
      ['0', 0n],
      ['1000000000000', 10n ** 18n],
      ['0.5', 500_000n],
    ],
    ['-1', '1000000000000.000001', '9999999999999999', 1],
  ],
  [
    'time',
    field.time,
    [
      ['2026-11-21T12:00:00Z', Date.UTC(2026, 10, 21, 12)],
      ['2026-11-21t12:00:00z', Date.UTC(2026, 10, 21, 12)],
      ['2026-11-21T12:00:00.123456789+05:30', Date.UTC(2026, 10, 21, 6, 30, 0, 123)],
      ['2024-02-29T00:00:00-00:00', Date.UTC(2024, 1, 29)],
    ],
    [
      '2026-11-21',
      '2026-11-21T12:00:00',
      '2026-11-21 12:00:00Z',
      '2026-11-21T24:00:00Z',
      '2026-11-21T12:00:60Z',
      '2026-02-29T00:00:00Z',
      '2026-13-01T00:00:00Z',
      '2026-00-01T00:00:00Z',
      '2026-11-31T00:00:00Z',
      '2026-11-21T12:00:00+24:00',
      '2026-11-21T12:00:00Z\n',
      '',
      1_763_726_400_000,
    ],
  ],
  [
    'micros',
    field.micros,
    [
      ['-5', -5n],
      ['9223372036854775807', 2n ** 63n - 1n],
    ],
    ['1.5', '', '+1'],
  ],
  ['day', field.day, [['2026-11-21', '2026-11-21']], ['2026-11-1', '20261121', '']],
])('%s', (_name, schema, taken, refused) => {
  test.each(taken)('takes %j', (given, value) => expect(schema.parse(given)).toEqual(value));
  test.each(refused.map((given) => [given]))('refuses %j', (given) => {
    expect(schema.safeParse(given).success).toBe(false);
  });
});

test('each says what to send instead', () => {
  for (const schema of [
    field.client,
    field.meter,
    field.id,
    field.currency,
    field.amount,
    field.time,
  ]) {
    const { error } = (schema as Schema).safeParse('\n');
    expect(error?.issues[0]?.message).toMatch(/^must be /);
  }
});
