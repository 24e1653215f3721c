/** The largest difference between the clock of a sender and ours that is taken for skew. */
export const FUTURE_TOLERANCE_MS = 300_000;

const DAY_MS = 86_400_000;

/** Whether an event that happened at `occurredAtMs` may still be recorded at `nowMs`: not too old, not in the future. */
export function isRecordable(occurredAtMs: number, nowMs: number, maxAgeDays: number): boolean {
  return occurredAtMs >= nowMs - maxAgeDays * DAY_MS && occurredAtMs <= nowMs + FUTURE_TOLERANCE_MS;
}
