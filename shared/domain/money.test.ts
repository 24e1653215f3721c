import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  formatAmount,
  formatMicros,
  isCurrency,
  MAX_AMOUNT_MICROS,
  MAX_QUANTITY_MICROS,
  parseMicros,
  shareOf,
  stepShareOf,
} from './money.ts';

describe('parseMicros', () => {
  test.each([
    ['0', 0n],
    ['0.05', 50_000n],
    ['12', 12_000_000n],
    ['-1.5', -1_500_000n],
    ['0.000001', 1n],
    ['999999999999999.999999', 999_999_999_999_999_999_999n],
  ])('reads %s', (text, micros) => expect(parseMicros(text)).toBe(micros));

  test.each([
    '',
    ' 1',
    '1 ',
    '+1',
    '1.',
    '.5',
    '1e3',
    '0.0000001',
    '1,5',
    'NaN',
    '--1',
    '0x1',
    '１',
  ])('refuses %j', (text) => expect(parseMicros(text)).toBeUndefined());

  test('reads back whatever is formatted', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), (micros) => {
        expect(parseMicros(formatMicros(micros))).toBe(micros);
        expect(parseMicros(formatAmount(micros))).toBe(micros);
      }),
    );
  });
});

test('amounts show at least two decimals and no more than they need', () => {
  expect([0n, 1n, 50_000n, -1_500_000n, 7_000_000n].map(formatAmount)).toEqual([
    '0.00',
    '0.000001',
    '0.05',
    '-1.50',
    '7.00',
  ]);
});

test('currencies are those of ISO 4217', () => {
  expect(['USD', 'EUR', 'JPY', 'usd', 'XYZ', ''].map(isCurrency)).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
});

test('a share is exact where it can be, rounded down where not, and all of all', () => {
  expect(shareOf(10n, 1n, 3n)).toBe(3n);
  expect(shareOf(10n ** 18n, 10n ** 15n - 1n, 10n ** 15n)).toBe(10n ** 18n - 1_000n);
  expect(shareOf(10n ** 18n, 10n ** 15n, 10n ** 15n)).toBe(10n ** 18n);
  expect(shareOf(10n, 0n, 3n)).toBe(0n);
});

test('whatever parts a whole is split into, their shares make up the quantity', () => {
  const parts = fc.array(fc.bigInt({ min: 1n, max: MAX_AMOUNT_MICROS / 8n }), {
    minLength: 1,
    maxLength: 8,
  });
  fc.assert(
    fc.property(parts, fc.bigInt({ min: 0n, max: MAX_QUANTITY_MICROS }), (amounts, quantity) => {
      const whole = amounts.reduce((sum, part) => sum + part, 0n);
      let upTo = 0n;
      const shares = amounts.map((part) => {
        upTo += part;
        return stepShareOf(quantity, part, upTo, whole);
      });
      expect(shares.reduce((sum, share) => sum + share, 0n)).toBe(quantity);
      expect(shares.every((share) => share >= 0n)).toBe(true);
    }),
  );
});
