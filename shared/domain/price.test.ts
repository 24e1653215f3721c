import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MAX_AMOUNT_MICROS, MAX_QUANTITY_MICROS } from './money.ts';
import { type Price, rate } from './price.ts';

const price = (amountMicros: bigint, perQuantityMicros: bigint, currency = 'USD'): Price => ({
  currency,
  amountMicros,
  perQuantityMicros,
});
const prices = fc
  .tuple(fc.bigInt({ min: 0n, max: 10n ** 12n }), fc.bigInt({ min: 1n, max: 10n ** 13n }))
  .map(([amountMicros, perQuantityMicros]) => price(amountMicros, perQuantityMicros));
const quantities = fc.oneof(
  fc.bigInt({ min: 0n, max: 1_000n }),
  fc.bigInt({ min: 0n, max: MAX_QUANTITY_MICROS }),
);

describe('rounding is to the nearest micro-unit, halves to the even one', () => {
  test.each([
    [0n, 1n, 2n, 0n],
    [1n, 1n, 2n, 0n],
    [2n, 1n, 2n, 1n],
    [3n, 1n, 2n, 2n],
    [5n, 1n, 2n, 2n],
    [7n, 1n, 2n, 4n],
    [1n, 1n, 3n, 0n],
    [2n, 1n, 3n, 1n],
    // 2.50 per million tokens: 1,234,567 of them cost 3.0864175.
    [1_234_567_000_000n, 2_500_000n, 1_000_000_000_000n, 3_086_418n],
  ])('%i of a meter at %i for %i cost %i', (quantity, amount, per, expected) => {
    expect(rate(new Map([['m', price(amount, per)]]), 'm', quantity)).toMatchObject({
      rated: true,
      amountMicros: expected,
    });
  });

  test('it is exact against the fraction, never off by more than half a micro-unit', () => {
    fc.assert(
      fc.property(prices, quantities, (each, quantity) => {
        const rating = rate(new Map([['m', each]]), 'm', quantity);
        const exact = { numerator: quantity * each.amountMicros, of: each.perQuantityMicros };
        if (!rating.rated) {
          expect(rating.reason).toBe('amount_out_of_range');
          expect(2n * exact.numerator > (2n * MAX_AMOUNT_MICROS + 1n) * exact.of - 1n).toBe(true);
          return;
        }
        const twiceOff = 2n * (exact.numerator - rating.amountMicros * exact.of);
        expect(twiceOff <= exact.of && twiceOff >= -exact.of).toBe(true);
        if (twiceOff === exact.of || twiceOff === -exact.of) {
          expect(rating.amountMicros % 2n).toBe(0n);
        }
      }),
    );
  });

  test('more never costs less', () => {
    fc.assert(
      fc.property(prices, quantities, quantities, (each, a, b) => {
        const [less, more] = a < b ? [a, b] : [b, a];
        const list = new Map([['m', each]]);
        const [cheap, dear] = [rate(list, 'm', less), rate(list, 'm', more)];
        if (dear.rated) expect(cheap.rated && cheap.amountMicros <= dear.amountMicros).toBe(true);
      }),
    );
  });
});

test('a meter has its own price, then that of *, then none', () => {
  const sms = price(5n, 1n, 'EUR');
  const any = price(7n, 1n, 'USD');
  const both = new Map([
    ['sms', sms],
    ['*', any],
  ]);
  expect(rate(both, 'sms', 1n)).toEqual({ rated: true, currency: 'EUR', amountMicros: 5n });
  expect(rate(both, 'voice', 1n)).toEqual({ rated: true, currency: 'USD', amountMicros: 7n });
  expect(rate(new Map([['sms', sms]]), 'voice', 1n)).toEqual({
    rated: false,
    reason: 'unknown_meter',
  });
});

test('an amount may be as large as the largest, not larger', () => {
  const list = new Map([['m', price(1n, 1n)]]);
  expect(rate(list, 'm', MAX_AMOUNT_MICROS)).toMatchObject({ amountMicros: MAX_AMOUNT_MICROS });
  expect(rate(list, 'm', MAX_AMOUNT_MICROS + 1n)).toEqual({
    rated: false,
    reason: 'amount_out_of_range',
  });
});
