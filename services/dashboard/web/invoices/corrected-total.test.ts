import { expect, test } from '@jest/globals';
import { amountError, correctedTotal } from './corrected-total.ts';

const line = (amount: string) => ({ description: 'x', amount });

test.each([
  ['10.00', [], '10.00'],
  ['0.1', [line('0.2')], '0.30'],
  ['999999999.999999', [line('0.000001'), line(' -4.5 ')], '999999995.50'],
  ['10', [line('')], undefined],
  ['10', [line('abc')], undefined],
])('%s with %j makes %s', (total, lines, corrected) => {
  expect(correctedTotal(total, lines)).toBe(corrected);
});

test.each(['-4.50', '12', ' 0.000001 '])('%j is an amount', (amount) => {
  expect(amountError(amount)).toBeUndefined();
});

test.each(['', '0', '-0.00', '1,5', '1e3', '0.0000001'])('%j is none', (amount) => {
  expect(amountError(amount)).toBeDefined();
});
