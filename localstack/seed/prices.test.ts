import { describe, expect, test } from '@jest/globals';
import { rate } from '#shared/domain/price.ts';
import { parsePrices, readPrices } from './prices.ts';

const micros = (units: number) => BigInt(units) * 1_000_000n;

describe('seeded prices', () => {
  test.each([
    ['llm.input_tokens', 1_000_000, 'USD', 2_500_000n],
    ['api.requests', 1, 'USD', 400n],
    ['api.egress_bytes', 1_000_000_000, 'USD', 90_000n],
    ['sms.sent', 2, 'EUR', 90_000n],
    ['ev.kwh', 10, 'USD', 3_200_000n],
    ['ev.hours', 1, 'USD', 500_000n],
    ['something.else', 1, 'USD', 10_000n],
  ])('%s × %i', (meter, quantity, currency, amountMicros) => {
    expect(rate(readPrices(), meter, micros(quantity))).toEqual({
      rated: true,
      currency,
      amountMicros,
    });
  });

  test.each([
    ['a price per nothing', { per: '0' }, '0.per must be above zero'],
    ['no such currency', { currency: 'XYZ' }, '0.currency must be a currency code'],
    ['a price below zero', { amount: '-1' }, '0.amount must be a decimal string'],
    ['a bad meter', { meter: 'a b' }, '0.meter must be 1 to 64 letters'],
  ])('refuses %s', (_name, change, message) => {
    const price = { meter: 'm', currency: 'USD', amount: '1', per: '1', ...change };
    expect(() => parsePrices(JSON.stringify([price]))).toThrow(message);
  });

  test('refuses two prices for a meter', () => {
    const price = { meter: 'm', currency: 'USD', amount: '1', per: '1' };
    expect(() => parsePrices(JSON.stringify([price, price]))).toThrow('must price each meter once');
  });
});
