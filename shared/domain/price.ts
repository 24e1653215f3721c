import { MAX_AMOUNT_MICROS } from './money.ts';

/** What `perQuantityMicros` of a meter cost: 2.50 per 1,000,000 tokens is exact where a price per token would not be. */
export interface Price {
  readonly currency: string;
  readonly amountMicros: bigint;
  readonly perQuantityMicros: bigint;
}

/** Prices by meter. `*` is the price of any meter that is not listed. */
export type PriceList = ReadonlyMap<string, Price>;

export type Rating =
  | { readonly rated: true; readonly currency: string; readonly amountMicros: bigint }
  | { readonly rated: false; readonly reason: 'unknown_meter' | 'amount_out_of_range' };

/** Rates one event. Rounds once, half to even, to the micro-unit; the amount is part of the event from then on. */
export function rate(list: PriceList, meter: string, quantityMicros: bigint): Rating {
  const price = list.get(meter) ?? list.get('*');
  if (!price) return { rated: false, reason: 'unknown_meter' };
  const amountMicros = divideHalfEven(quantityMicros * price.amountMicros, price.perQuantityMicros);
  if (amountMicros > MAX_AMOUNT_MICROS) return { rated: false, reason: 'amount_out_of_range' };
  return { rated: true, currency: price.currency, amountMicros };
}

/** Banker's rounding of numerator / denominator. Both must not be negative, the denominator not zero. */
function divideHalfEven(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  const twice = 2n * (numerator % denominator);
  if (twice < denominator) return quotient;
  if (twice > denominator) return quotient + 1n;
  return quotient % 2n === 0n ? quotient : quotient + 1n;
}
