/** How many requests were made for something, and whether it is done with them. */
export interface Requests {
  readonly made: number;
  readonly isDone: boolean;
}

/** More than any should take. */
const MOST = 1_000;

/**
 * How many requests will probably still be made for what had so many: the expectation by the survival function of Kaplan and
 * Meier. What is not done yet counts for as many as were made: those that are done early in a run are those that took few,
 * and a mean of theirs would be too low. One at least, also of what had more than any that is done.
 */
export function requestsLeftBy(all: readonly Requests[]): (made: number) => number {
  const most = Math.min(
    all.reduce((largest, { made }) => Math.max(largest, made), 0),
    MOST,
  );
  const reached = new Array<number>(most + 2).fill(0);
  const done = new Array<number>(most + 2).fill(0);
  for (const { made, isDone } of all) {
    const place = Math.min(made, most);
    reached[place] = (reached[place] ?? 0) + 1;
    if (isDone) done[place] = (done[place] ?? 0) + 1;
  }
  for (let place = most - 1; place >= 0; place--) {
    reached[place] = (reached[place] ?? 0) + (reached[place + 1] ?? 0);
  }
  // Of those that go on after `place` requests, one is made, and a share of them goes on after it.
  const left = new Array<number>(most + 2).fill(1);
  for (let place = most - 1; place >= 0; place--) {
    const goOn = 1 - (done[place + 1] ?? 0) / Math.max(reached[place + 1] ?? 0, 1);
    left[place] = 1 + goOn * (left[place + 1] ?? 1);
  }
  return (made) => left[Math.min(made, most)] ?? 1;
}
