/** How many requests were made for something, and whether it is done with them. */
export interface Requests {
  readonly made: number;
  readonly isDone: boolean;
  /** How many of them were made before of late; where that is not known, all. */
  readonly madeEarlier?: number;
}

/** More than any should take. */
const MOST = 1_000;
/** So many of which nothing is known are taken to be done. */
const FEW = 3;
/** For so many recent requests counts what is known of all. */
const WEIGHT_OF_ALL = 20;

/** What is to be expected of something for which so many requests were made. */
export interface RequestsToCome {
  /** How many will probably still be made. */
  left(made: number): number;
  /** The share that goes on after so many; where few had so many, less. */
  goesOn(made: number): number;
}

/**
 * How many requests will probably still be made for what had so many: the expectation by the survival function of Kaplan and
 * Meier. What is not done yet counts for as many as were made: those that are done early in a run are those that took few,
 * and a mean of theirs would be too low. One at least, also of what had more than any that is done.
 *
 * Where of late a different share went on after so many requests than in general, that counts: the longer the requests wait
 * for each other, the more often the first question already finds the decision.
 */
export function requestsToCome(all: readonly Requests[]): RequestsToCome {
  const most = Math.min(
    all.reduce((largest, { made }) => Math.max(largest, made), 0),
    MOST,
  );
  const zeros = () => new Array<number>(most + 2).fill(0);
  const [reached, done, recent, recentlyDone] = [zeros(), zeros(), zeros(), zeros()];
  const count = (counts: number[], place: number) => {
    counts[place] = (counts[place] ?? 0) + 1;
  };
  for (const { made, isDone, madeEarlier = made } of all) {
    const last = Math.min(made, most);
    count(reached, last);
    if (isDone) count(done, last);
    for (let place = madeEarlier + 1; place <= last; place++) count(recent, place);
    if (isDone && madeEarlier < last) count(recentlyDone, last);
  }
  for (let place = most - 1; place >= 0; place--) {
    reached[place] = (reached[place] ?? 0) + (reached[place + 1] ?? 0);
  }
  const goOnAfter = (place: number) => {
    const ofAll = 1 - (done[place] ?? 0) / Math.max(reached[place] ?? 0, 1);
    const number = recent[place] ?? 0;
    const ofRecent = number - (recentlyDone[place] ?? 0) + WEIGHT_OF_ALL * ofAll;
    return ofRecent / (number + WEIGHT_OF_ALL);
  };
  // Of those that go on after `place` requests, one is made, and a share of them goes on after it.
  const left = new Array<number>(most + 2).fill(1);
  for (let place = most - 1; place >= 0; place--) {
    left[place] = 1 + goOnAfter(place + 1) * (left[place + 1] ?? 1);
  }
  return {
    left: (made) => left[Math.min(made, most)] ?? 1,
    goesOn: (made) => {
      const seen = reached[made] ?? 0;
      return (seen - (done[made] ?? 0)) / (seen + FEW);
    },
  };
}
