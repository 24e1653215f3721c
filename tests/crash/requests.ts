/** What callers ask of a charging process, and what it answers. Travels as structured clones. */

export type Request =
  | ({ readonly kind: 'opening'; readonly client: string; readonly id: 'opening' } & Amount)
  | ({ readonly kind: 'charge'; readonly isUpTo: boolean } & Named & Amount)
  | ({ readonly kind: 'top_up' } & Named & Amount)
  | ({ readonly kind: 'hold'; readonly lifetimeMs: number } & Named & Amount)
  | ({ readonly kind: 'capture'; readonly isUpTo: boolean; readonly isFinal: boolean } & OfHold &
      Amount)
  | ({ readonly kind: 'release' } & OfHold)
  | ({ readonly kind: 'extension'; readonly lifetimeMs: number } & OfHold)
  | ({
      readonly kind: 'reversal';
      readonly reversedId: string;
      readonly chargedMicros: bigint;
    } & Named &
      Amount);

interface Named {
  readonly client: string;
  /** The caller's: the same at every try. */
  readonly id: string;
}

interface Amount {
  readonly amountMicros: bigint;
}

interface OfHold extends Named {
  readonly holdId: string;
}

export interface Done {
  readonly type: 'done';
  /** Missing where the engine does not tell. */
  readonly recordedAtMs?: number;
  readonly balanceMicros?: bigint;
  /** What else the scripts say, by their headers. */
  readonly values: readonly string[];
}

export interface Refused {
  readonly type: 'refused';
  readonly reason: string;
}

/** `unavailable`: nobody knows what was done; to be asked again. `broken`: what must never be answered. */
export type Answer =
  | Done
  | Refused
  | { readonly type: 'unavailable'; readonly reason: string }
  | { readonly type: 'broken'; readonly reason: string };

/** One call of a caller: one request, or several charges as a batch. */
export interface Call {
  readonly type: 'call';
  readonly number: number;
  readonly requests: readonly Request[];
}

export interface Answered {
  readonly type: 'answered';
  readonly number: number;
  readonly answers: readonly Answer[];
}
