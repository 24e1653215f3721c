const WINDOW_MS = 1_000;

/** A sliding window of one second: at most `limit` requests are admitted in any second, those turned away not counted. */
export class RateLimit {
  #admittedMs: number[] = [];
  #arrivedMs: number[] = [];
  /** The most requests that arrived within one second, those turned away included. */
  peak = 0;

  /** Whether a request that arrives at `nowMs` (of a clock that never goes back) is within the limit. */
  admits(nowMs: number, limit: number): boolean {
    this.#arrivedMs = recent(this.#arrivedMs, nowMs);
    this.#arrivedMs.push(nowMs);
    this.peak = Math.max(this.peak, this.#arrivedMs.length);
    this.#admittedMs = recent(this.#admittedMs, nowMs);
    if (this.#admittedMs.length >= limit) return false;
    this.#admittedMs.push(nowMs);
    return true;
  }
}

function recent(timesMs: number[], nowMs: number): number[] {
  const first = timesMs.findIndex((timeMs) => timeMs > nowMs - WINDOW_MS);
  return first === -1 ? [] : timesMs.slice(first);
}
