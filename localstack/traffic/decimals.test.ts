import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { parseMicros } from '#shared/domain/money.ts';
import { type Decimal, decimalText, multiply, readDecimal, roundTo } from './decimals.ts';

const read = (text: string) => readDecimal(text) as Decimal;

describe('decimals', () => {
  test.each([
    ['7', '1', '7'],
    ['7.89', '100', '789'],
    ['1868723399', '0.000001', '1868.723399'],
    ['.5', '1', '0.5'],
    ['5.', '1', '5'],
    ['1e3', '1', '1000'],
    ['2.5E-3', '1', '0.0025'],
    ['0.1234560', '1', '0.123456'],
  ])('%s × %s = %s', (value, scale, expected) => {
    expect(decimalText(multiply(read(value), read(scale)))).toBe(expected);
  });

  test.each(['', '.', '-1', '1,5', 'NaN', '0x10', '1e', ' 1', '1e999'])('refuses "%s"', (text) => {
    expect(readDecimal(text)).toBeUndefined();
  });

  test('does not round by itself', () => {
    expect(decimalText(read('0.1234567'))).toBeUndefined();
  });

  test.each([
    ['3.413055556', 6, '3.413056'],
    ['0.5', 0, '0'],
    ['1.5', 0, '2'],
    ['2.50001', 0, '3'],
  ])('%s to %i decimals is %s, half to even', (value, places, expected) => {
    expect(decimalText(roundTo(read(value), places))).toBe(expected);
  });

  test('what has at most six decimals keeps its value', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 17n), (micros) => {
        const text = `${micros / 1_000_000n}.${String(micros % 1_000_000n).padStart(6, '0')}`;
        expect(parseMicros(decimalText(read(text)) as string)).toBe(micros);
      }),
    );
  });
});
