import { formatAmount, parseMicros } from '#shared/domain/money.ts';

export function isZero(amount: string): boolean {
  return parseMicros(amount) === 0n;
}

/** What is left of a total where a part is paid in advance; undefined while the total is not known. */
export function dueOf(total: string | undefined, paid: string): string | undefined {
  const micros = total === undefined ? undefined : parseMicros(total);
  const paidMicros = parseMicros(paid);
  if (micros === undefined || paidMicros === undefined) return undefined;
  return formatAmount(micros - paidMicros);
}
