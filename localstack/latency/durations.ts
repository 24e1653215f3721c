import { build } from 'hdr-histogram-js';

/** What many durations come to, in milliseconds. */
export interface DurationFigures {
  readonly avg: number;
  readonly p50: number;
  readonly p75: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly 'p99.9': number;
  readonly max: number;
}

const MICROS_PER_MS = 1_000;

/** A percentile is the value of a rank, kept to five digits. Undefined where there is no duration. */
export function figuresOf(durationsMs: readonly number[]): DurationFigures | undefined {
  if (durationsMs.length === 0) return undefined;
  const histogram = build({ numberOfSignificantValueDigits: 5 });
  let max = 0;
  for (const durationMs of durationsMs) {
    histogram.recordValue(Math.round(durationMs * MICROS_PER_MS));
    max = Math.max(max, durationMs);
  }
  // A value stands for all that share its five digits, and may lie a little above the largest of them.
  const percentile = (rank: number) =>
    Math.min(histogram.getValueAtPercentile(rank) / MICROS_PER_MS, max);
  return {
    avg: durationsMs.reduce((sum, durationMs) => sum + durationMs, 0) / durationsMs.length,
    p50: percentile(50),
    p75: percentile(75),
    p90: percentile(90),
    p95: percentile(95),
    p99: percentile(99),
    'p99.9': percentile(99.9),
    max,
  };
}
