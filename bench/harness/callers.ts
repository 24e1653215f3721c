export interface Work {
  /** What the calls made, together. */
  readonly made: number;
  readonly seconds: number;
}

/**
 * Lets `callers` loops call and await side by side. After `forMs` none starts another call, and the time runs until
 * the last one has its answer: every call counts, and so does all the time it took.
 */
export async function runCallers(
  callers: number,
  forMs: number,
  call: () => Promise<number>,
): Promise<Work> {
  let made = 0;
  const startedMs = performance.now();
  const caller = async () => {
    do {
      const more = await call();
      made += more;
    } while (performance.now() - startedMs < forMs);
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return { made, seconds: (performance.now() - startedMs) / 1_000 };
}
