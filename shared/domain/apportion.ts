/**
 * Splits amounts into whole steps so that together they are their sum, rounded once. By largest remainders: each is
 * rounded down, and what the sum then lacks goes, a step each, to those that lost most, of equals to the first. So each
 * is less than a step off, and one of whole steps stays what it is.
 */
export function apportion(amountsMicros: readonly bigint[], stepMicros: bigint): bigint[] {
  const parts = amountsMicros.map((micros) => floorDivide(micros, stepMicros));
  const sumMicros = amountsMicros.reduce((sum, micros) => sum + micros, 0n);
  const lost = (index: number) =>
    (amountsMicros[index] as bigint) - (parts[index] as bigint) * stepMicros;
  const missing = roundHalfUp(sumMicros, stepMicros) - parts.reduce((sum, part) => sum + part, 0n);
  const byLoss = [...parts.keys()].sort((a, b) => compare(lost(b), lost(a)) || a - b);
  const raised = new Set(byLoss.slice(0, Number(missing)));
  return parts.map((part, index) => (raised.has(index) ? part + 1n : part));
}

/** The number of steps nearest to an amount; halves go up, towards the positive, also below zero. */
export function roundHalfUp(micros: bigint, stepMicros: bigint): bigint {
  return floorDivide(2n * micros + stepMicros, 2n * stepMicros);
}

function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend < 0n && dividend % divisor !== 0n ? quotient - 1n : quotient;
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
