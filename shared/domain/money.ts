/**
 * Amounts are whole micro-units (10^-6 of the currency's major unit) in bigint; quantities are
 * micro-units of the meter's own unit in the same form. On a wire both are decimal strings.
 */

const MICROS_PER_UNIT = 1_000_000n;
const DECIMAL = /^(-?)(\d{1,15})(?:\.(\d{1,6}))?$/;

/** The largest amount of one charge, top-up or usage event: 10^9 major units. Far below 2^53, so scripts may add it exactly. */
export const MAX_AMOUNT_MICROS = 1_000_000_000_000_000n;

/** The largest quantity of one event: 10^12 units of its meter. */
export const MAX_QUANTITY_MICROS = 1_000_000_000_000_000_000n;

/** Reads a plain decimal with at most six decimals; undefined for anything else (exponents, spaces, a seventh decimal). */
export function parseMicros(text: string): bigint | undefined {
  const match = DECIMAL.exec(text);
  if (!match) return undefined;
  const [, sign, whole, fraction = ''] = match;
  const micros = BigInt(whole as string) * MICROS_PER_UNIT + BigInt(fraction.padEnd(6, '0'));
  return sign === '-' ? -micros : micros;
}

/** The shortest decimal that reads back as the same micro-units, with at least `minDecimals` decimals. */
export function formatMicros(micros: bigint, minDecimals = 0): string {
  const sign = micros < 0n ? '-' : '';
  const absolute = micros < 0n ? -micros : micros;
  const fraction = (absolute % MICROS_PER_UNIT)
    .toString()
    .padStart(6, '0')
    .replace(/0+$/, '')
    .padEnd(minDecimals, '0');
  const whole = (absolute / MICROS_PER_UNIT).toString();
  return fraction === '' ? `${sign}${whole}` : `${sign}${whole}.${fraction}`;
}

/** An amount as shown to people and sent on every wire: at least two decimals. */
export function formatAmount(micros: bigint): string {
  return formatMicros(micros, 2);
}

const CURRENCIES = new Set(Intl.supportedValuesOf('currency'));

/** Whether `code` is a currency of ISO 4217 as the runtime's ICU data lists it. */
export function isCurrency(code: string): boolean {
  return CURRENCIES.has(code);
}

/** The share `part / whole` of a quantity, rounded down to the micro-unit. */
export function shareOf(quantityMicros: bigint, part: bigint, whole: bigint): bigint {
  return part === whole ? quantityMicros : (quantityMicros * part) / whole;
}

/**
 * What one of several parts takes of a quantity, where `upTo` is the sum of it and all parts before it: whatever the
 * parts, together they take the share of their sum, and all of the quantity where they make up the whole.
 */
export function stepShareOf(
  quantityMicros: bigint,
  part: bigint,
  upTo: bigint,
  whole: bigint,
): bigint {
  return shareOf(quantityMicros, upTo, whole) - shareOf(quantityMicros, upTo - part, whole);
}
