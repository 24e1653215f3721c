/** Often enough to tell a standstill from the ordinary pauses of a busy process. */
const TICK_MS = 5;
const STANDSTILL_MS = 10;
/** Nobody is watched who does not come: after the last request, ticks go on for longer than the window of a rate. */
const WATCHED_MS = 2_000;

/**
 * When requests can have come at the earliest. A process that stood still, alone or with its whole machine, finds them all
 * at once and cannot tell when they came: counted by when it found them, a sender who kept the limit would seem to have
 * broken it. All times are those of `now`, which never goes back.
 */
export class Arrivals {
  readonly #now: () => number;
  #tickedMs: number;
  #foundMs = 0;
  /** Since when it stood still, while it takes up what came meanwhile. */
  #stoodStillFromMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#tickedMs = now();
  }

  /** Ticks from now on until nothing has been found for a while; harmless to repeat. */
  start(): void {
    if (this.#timer) return;
    this.#tickedMs = this.#now();
    this.#timer = setInterval(() => this.tick(), TICK_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Notes that the process is running. */
  tick(): void {
    const nowMs = this.#now();
    if (nowMs - this.#foundMs > WATCHED_MS) this.stop();
    if (nowMs - this.#tickedMs > STANDSTILL_MS) this.#takeUp(this.#tickedMs);
    this.#tickedMs = nowMs;
  }

  /** The earliest time at which what is found now can have come. */
  earliestMs(): number {
    const nowMs = this.#now();
    this.#foundMs = nowMs;
    const isHeldUp = nowMs - this.#tickedMs > STANDSTILL_MS;
    return this.#stoodStillFromMs ?? (isHeldUp ? this.#tickedMs : nowMs);
  }

  /** Connections that were made meanwhile are taken in the first turn of the event loop, what came on them in the second. */
  #takeUp(fromMs: number): void {
    this.#stoodStillFromMs = fromMs;
    setImmediate(() =>
      setImmediate(() => {
        // Unless it stood still again meanwhile.
        if (this.#stoodStillFromMs === fromMs) this.#stoodStillFromMs = undefined;
      }),
    );
  }
}
