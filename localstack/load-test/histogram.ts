import { count } from '#localstack/run/progress.ts';

/** How many durations lie in the half-open interval [fromMs, toMs). */
export interface HistogramRow {
  readonly fromMs: number;
  readonly toMs: number;
  readonly count: number;
}

/** The ends of intervals within each power of ten, so that each is about one and a half times the one before. */
const STEPS = [1, 1.5, 2, 3, 5, 7];
const SMALLEST_EXPONENT = -3;
const LARGEST_EXPONENT = 6;

const EDGES_MS = [
  0,
  ...Array.from({ length: LARGEST_EXPONENT - SMALLEST_EXPONENT }, (_, index) =>
    STEPS.map((step) => Number(`${step}e${SMALLEST_EXPONENT + index}`)),
  ).flat(),
  Number.POSITIVE_INFINITY,
];

/** Counts durations by interval, from the first that has some to the last. */
export function histogramOf(durationsMs: readonly number[]): HistogramRow[] {
  const counts = new Map<number, number>();
  for (const durationMs of durationsMs) {
    const index = EDGES_MS.findLastIndex((edge) => edge <= durationMs);
    counts.set(index, (counts.get(index) ?? 0) + 1);
  }
  if (counts.size === 0) return [];
  const first = Math.min(...counts.keys());
  const last = Math.max(...counts.keys());
  return Array.from({ length: last - first + 1 }, (_, offset) => ({
    fromMs: EDGES_MS[first + offset] as number,
    toMs: EDGES_MS[first + offset + 1] as number,
    count: counts.get(first + offset) ?? 0,
  }));
}

const WIDTH = 44;
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** One line for each interval, with a bar as long as its count; anything above none is seen. */
export function drawHistogram(rows: readonly HistogramRow[]): string[] {
  const total = rows.reduce((sum, row) => sum + row.count, 0);
  const largest = Math.max(1, ...rows.map((row) => row.count));
  const cells = rows.map((row) => ({
    interval: `${label(row.fromMs)} – ${label(row.toMs)} ms`,
    count: count(row.count),
    share: `${((100 * row.count) / Math.max(1, total)).toFixed(1)}%`,
    bar: bar(row.count / largest),
  }));
  const width = (key: keyof (typeof cells)[number]) =>
    Math.max(0, ...cells.map((cell) => cell[key].length));
  return cells.map((cell) =>
    `${cell.interval.padStart(width('interval'))}  ${cell.count.padStart(width('count'))}  ${cell.share.padStart(width('share'))}  ${cell.bar}`.trimEnd(),
  );
}

function bar(share: number): string {
  const eighths = share === 0 ? 0 : Math.max(1, Math.round(share * WIDTH * EIGHTHS.length));
  return '█'.repeat(Math.floor(eighths / EIGHTHS.length)) + EIGHTHS[eighths % EIGHTHS.length];
}

function label(ms: number): string {
  return ms === Number.POSITIVE_INFINITY ? '…' : count(ms);
}
