const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Between two ticks, so that they fall on times that people say. */
const STEPS_MS = [
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR_MS),
  ...[1, 2, 4, 7, 14, 28, 56].map((days) => days * DAY_MS),
];
const MAX_STEPS = 8;

/**
 * From the first of these times to the last, a minute at least, with ticks where the clock that is `behindUtcMs` is at a
 * whole step.
 */
export function timeAxis(
  atMs: readonly number[],
  behindUtcMs: number,
): { min: number; max: number; ticks: number[] } {
  const max = atMs.at(-1) ?? 0;
  const min = Math.min(atMs[0] ?? 0, max - MINUTE_MS);
  const stepMs =
    STEPS_MS.find((step) => (max - min) / step <= MAX_STEPS) ?? (max - min) / MAX_STEPS;
  const ticks: number[] = [];
  const first = Math.ceil((min - behindUtcMs) / stepMs) * stepMs + behindUtcMs;
  for (let tick = first; tick <= max; tick += stepMs) ticks.push(tick);
  return { min, max, ticks };
}
