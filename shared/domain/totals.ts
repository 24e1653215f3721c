/** What usage comes to. */
export interface Totals {
  readonly events: number;
  readonly quantityMicros: bigint;
  readonly amountMicros: bigint;
}

export const NO_TOTALS: Totals = { events: 0, quantityMicros: 0n, amountMicros: 0n };

/** The totals of a sum, without its key. */
export function totalsOf({ events, quantityMicros, amountMicros }: Totals): Totals {
  return { events, quantityMicros, amountMicros };
}

export function addTotals(a: Totals, b: Totals): Totals {
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
