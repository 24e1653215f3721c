const WINDOW_MS = 1_000;

/**
 * A sliding window of one second: at most `limit` requests are admitted in any second, those turned away not counted. A
 * request is turned away only where it came too early for sure.
 */
export class RateLimit {
  #admittedMs: number[] = [];
  #arrivedMs: number[] = [];
  /** The most requests that arrived within one second, those turned away included. */
  peak = 0;

  /**
   * Whether a request that is found at `nowMs` (of a clock that never goes back) and can have come since `earliestMs` is
   * within the limit.
   */
  admits(nowMs: number, limit: number, earliestMs: number = nowMs): boolean {
    this.#arrivedMs = recent(this.#arrivedMs, nowMs);
    this.#arrivedMs.push(earliestMs);
    this.peak = Math.max(this.peak, this.#arrivedMs.length);
    this.#admittedMs = recent(this.#admittedMs, nowMs);
    if (this.#admittedMs.length >= limit) return false;
    this.#admittedMs.push(earliestMs);
    return true;
  }
}

function recent(timesMs: number[], nowMs: number): number[] {
  return timesMs.filter((timeMs) => timeMs > nowMs - WINDOW_MS);
}
