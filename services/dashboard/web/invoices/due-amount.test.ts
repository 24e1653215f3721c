import { expect, test } from '@jest/globals';
import { dueOf, isZero } from './due-amount.ts';

test.each([
  ['10.00', '0.00', '10.00'],
  ['10.00', '10', '0.00'],
  ['10.00', '-2.50', '12.50'],
  ['1', '1.000001', '-0.000001'],
  [undefined, '1', undefined],
  ['1', 'abc', undefined],
])('%s, of which %s is paid, leaves %s', (total, paid, due) => {
  expect(dueOf(total, paid)).toBe(due);
});

test.each([
  ['0', true],
  ['-0.00', true],
  ['0.000001', false],
  ['abc', false],
])('%s is zero: %s', (amount, expected) => {
  expect(isZero(amount)).toBe(expected);
});
