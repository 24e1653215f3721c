/** All rounds of one contender with so many callers on a workload. */
export interface Cell {
  readonly contender: string;
  readonly workload: string;
  readonly callers: number;
  /** Charges a second, in the order of the rounds. */
  readonly perSecond: readonly number[];
  /** Of all rounds together. */
  readonly lost: number;
  readonly retries: number;
}
