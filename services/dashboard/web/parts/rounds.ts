/**
 * Work that is done round by round. What fails may be gone on with: the round that failed is the next one again, and what
 * was done before stays done.
 */
export interface Rounds<T> {
  /** Does one more and tells what all of them have come to. */
  next(): Promise<T>;
  /** Whether there is nothing left to do. */
  isDone(): boolean;
}
