import { formatAmount, formatMicros } from '#shared/domain/money.ts';

/** What usage comes to. */
export interface Totals {
  readonly events: number;
  readonly quantityMicros: bigint;
  readonly amountMicros: bigint;
}

export const NO_TOTALS: Totals = { events: 0, quantityMicros: 0n, amountMicros: 0n };

export function sumOf(a: Totals, b: Totals): Totals {
  return {
    events: a.events + b.events,
    quantityMicros: a.quantityMicros + b.quantityMicros,
    amountMicros: a.amountMicros + b.amountMicros,
  };
}

export function isSame(a: Totals, b: Totals): boolean {
  return (
    a.events === b.events &&
    a.quantityMicros === b.quantityMicros &&
    a.amountMicros === b.amountMicros
  );
}

export function presentTotals({ events, quantityMicros, amountMicros }: Totals) {
  return { events, quantity: formatMicros(quantityMicros), amount: formatAmount(amountMicros) };
}
