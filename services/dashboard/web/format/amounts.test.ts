import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { countOf, formatAmount, formatBytes, formatRate } from './amounts.ts';

test.each([
  ['0', '0'],
  ['0.00', '0.00'],
  ['999.5', '999.5'],
  ['1000', '1,000'],
  ['-1234567.890001', '−1,234,567.890001'],
  ['999999999999999.999999', '999,999,999,999,999.999999'],
  ['not a decimal', 'not a decimal'],
  ['1e5', '1e5'],
])('%s is shown as %s', (decimal, shown) => {
  expect(formatAmount(decimal)).toBe(shown);
});

test('what is shown of a decimal reads back as the same digits', () => {
  const decimals = fc.stringMatching(/^-?\d{1,15}(\.\d{1,6})?$/);
  fc.assert(
    fc.property(decimals, (decimal) => {
      const shown = formatAmount(decimal);
      expect(shown.replaceAll(',', '').replace('−', '-')).toBe(decimal);
    }),
  );
});

test('one is one, and all else are many', () => {
  expect([0, 1, 2_000].map((count) => countOf(count, 'invoice'))).toEqual([
    '0 invoices',
    '1 invoice',
    '2,000 invoices',
  ]);
  expect(countOf(2, 'entry', 'entries')).toBe('2 entries');
});

test.each([
  [0, '0'],
  [1.05, '1.1'],
  [21.66, '21.7'],
  [22, '22'],
  [1_204.4, '1,204'],
])('a rate of %d is shown as %s', (rate, shown) => {
  expect(formatRate(rate)).toBe(shown);
});

test('bytes', () => {
  expect([12, 1_023, 2_048, 262_144].map(formatBytes)).toEqual([
    '12 bytes',
    '1,023 bytes',
    '2 KiB',
    '256 KiB',
  ]);
});
