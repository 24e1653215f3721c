/** A forecast as it was told, beside what became true. */
export interface Told {
  readonly atMs: number;
  readonly doneAtMs: number;
  /** The share of the invoices that were at rest. */
  readonly doneShare: number;
}

export interface Watched {
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly told: readonly Told[];
}

/** By how much of the whole time, from the first request to the last invoice at rest, a forecast was off; late is above zero. */
export function errorsOf({ startedAtMs, endedAtMs, told }: Watched): number[] {
  const wholeMs = endedAtMs - startedAtMs;
  return told.map(({ doneAtMs }) => (doneAtMs - endedAtMs) / wholeMs);
}

export function largest(errors: readonly number[]): number | undefined {
  const sizes = errors.map(Math.abs);
  return sizes.length === 0 ? undefined : Math.max(...sizes);
}
