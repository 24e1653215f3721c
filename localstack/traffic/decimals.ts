import { formatMicros } from '#shared/domain/money.ts';

/** A decimal of any length, exactly: `digits` / 10^`places`. */
export interface Decimal {
  readonly digits: bigint;
  readonly places: number;
}

const DECIMAL = /^\+?(\d{0,24})(?:\.(\d{0,24}))?(?:[eE]([+-]?\d{1,2}))?$/;

/** Reads what spreadsheets and programs write for a number of zero or more, exponents included; undefined for anything else. */
export function readDecimal(text: string): Decimal | undefined {
  const match = DECIMAL.exec(text);
  if (!match) return undefined;
  const [, whole = '', fraction = '', exponent = '0'] = match;
  if (whole === '' && fraction === '') return undefined;
  const places = fraction.length - Number(exponent);
  const digits = BigInt(whole + fraction);
  return places < 0 ? { digits: digits * 10n ** BigInt(-places), places: 0 } : { digits, places };
}

export function multiply(a: Decimal, b: Decimal): Decimal {
  return { digits: a.digits * b.digits, places: a.places + b.places };
}

/** Rounds half to even. */
export function roundTo(value: Decimal, places: number): Decimal {
  if (value.places <= places) return value;
  const divisor = 10n ** BigInt(value.places - places);
  const quotient = value.digits / divisor;
  const twice = 2n * (value.digits % divisor);
  const isUp = twice > divisor || (twice === divisor && quotient % 2n === 1n);
  return { digits: isUp ? quotient + 1n : quotient, places };
}

/** The decimal as text with at most six decimals, or undefined where it has more than six that are not zero. */
export function decimalText(value: Decimal): string | undefined {
  if (value.places <= 6) return formatMicros(value.digits * 10n ** BigInt(6 - value.places));
  const divisor = 10n ** BigInt(value.places - 6);
  return value.digits % divisor === 0n ? formatMicros(value.digits / divisor) : undefined;
}
