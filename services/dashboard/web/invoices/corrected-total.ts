import { formatAmount, parseMicros } from '#shared/domain/money.ts';

/** A line as it is being written. */
export interface DraftLine {
  readonly description: string;
  readonly amount: string;
}

/** What is wrong with an amount, in words; undefined where nothing is. */
export function amountError(amount: string): string | undefined {
  if (amount.trim() === '') return 'Say how much, such as -4.50.';
  const micros = parseMicros(amount.trim());
  if (micros === undefined) return 'A decimal with at most six decimals, such as -4.50.';
  return micros === 0n ? 'Not zero.' : undefined;
}

/** The total of the revision to come; undefined while a line is not written yet. */
export function correctedTotal(total: string, lines: readonly DraftLine[]): string | undefined {
  let micros = parseMicros(total);
  for (const { amount } of lines) {
    const change = parseMicros(amount.trim());
    if (micros === undefined || change === undefined) return undefined;
    micros += change;
  }
  return micros === undefined ? undefined : formatAmount(micros);
}
