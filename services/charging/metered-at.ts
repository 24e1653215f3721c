import { type Day, dayOf } from '#shared/domain/billing-period.ts';
import { isRecordable } from '#shared/domain/event-time.ts';
import { ProblemError } from '#shared/platform/problem-error.ts';
import type { Charging } from './charging.ts';

/** When a metered event happened, and its day in the billing time zone. Throws `ProblemError` time_out_of_bounds. */
export function meteredAt(
  { maxEventAgeDays, timeZone }: Charging,
  occurredAt: number | undefined,
  nowMs: number,
): { readonly occurredAtMs: number; readonly day: Day } {
  const occurredAtMs = occurredAt ?? nowMs;
  if (!isRecordable(occurredAtMs, nowMs, maxEventAgeDays)) {
    throw new ProblemError(
      'time_out_of_bounds',
      `occurredAt must lie within the last ${maxEventAgeDays} days.`,
    );
  }
  return { occurredAtMs, day: dayOf(occurredAtMs, timeZone) };
}
