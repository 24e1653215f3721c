import { type DailyRecord, isPaidAhead, type UsageSum } from './usage.ts';

/**
 * What one day, meter, currency and source add. `adjustment`: it came after an earlier package of its half month.
 * `credit`: it was given back by reversals, whenever that came.
 */
export interface MeteredLine extends DailyRecord {
  readonly kind: 'usage' | 'adjustment' | 'credit';
}

/** What an earlier package of the client, named by its id, was not to collect, or owes it. */
export interface CarryOverLine {
  readonly kind: 'carry_over';
  readonly from: string;
  readonly amountMicros: bigint;
  /** What `paidOf` the lines of that package is. */
  readonly paidMicros: bigint;
}

/** What a person added or took off. */
export interface CorrectionLine {
  readonly kind: 'correction';
  readonly description: string;
  readonly amountMicros: bigint;
}

export type PackageLine = MeteredLine | CarryOverLine | CorrectionLine;

export function isMeteredLine(line: PackageLine): line is MeteredLine {
  return line.kind !== 'carry_over' && line.kind !== 'correction';
}

/** What lines bill of daily records: the sums of the metered ones. Carried amounts and corrections bill nothing of them. */
export function meteredSums(lines: Iterable<PackageLine>): UsageSum[] {
  return [...lines].filter(isMeteredLine).map(({ kind: _kind, tree: _tree, ...sum }) => sum);
}

export function totalOf(lines: Iterable<{ readonly amountMicros: bigint }>): bigint {
  let totalMicros = 0n;
  for (const { amountMicros } of lines) totalMicros += amountMicros;
  return totalMicros;
}

/**
 * How much of the total the client has paid from its balance already: what was charged, less what was given back; below
 * zero where that is more. What a person corrected is in none of it: it is still to be paid, or to be paid back.
 */
export function paidOf(lines: Iterable<PackageLine>): bigint {
  let paidMicros = 0n;
  for (const line of lines) {
    if (line.kind === 'carry_over') paidMicros += line.paidMicros;
    else if (line.kind !== 'correction' && isPaidAhead(line)) paidMicros += line.amountMicros;
  }
  return paidMicros;
}
