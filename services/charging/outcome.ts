/** What came of a change that takes effect once for an id. One member per reason, so that a switch over `type` narrows. */
export type Outcome<Refusal extends string = never> =
  | Done<'done'>
  | Done<'repeated'>
  | { readonly type: 'reused'; readonly firstFingerprint: string; readonly fingerprint: string }
  | RefusedAs<
      'expired' | 'in_future' | 'incomplete' | 'unknown_account' | 'currency_mismatch' | Refusal
    >;

export interface Done<Type extends 'done' | 'repeated' = 'done' | 'repeated'> {
  readonly type: Type;
  readonly recordedAtMs: number;
  readonly balanceMicros: bigint;
  /** What else the script says, by its header. */
  readonly values: readonly string[];
}

type RefusedAs<Reason> = Reason extends string ? { readonly type: Reason } : never;

/** Reads the line that a script replies with. */
export function readOutcome<Refusal extends string>(
  line: string,
  fingerprint: string,
): Outcome<Refusal> {
  const [type, first, balance, ...values] = line.split(' ');
  switch (type) {
    case 'done':
    case 'repeated':
      return {
        type,
        recordedAtMs: Number(first),
        balanceMicros: BigInt(balance as string),
        values,
      };
    case 'reused':
      return { type, firstFingerprint: first as string, fingerprint };
    default:
      return { type } as Outcome<Refusal>;
  }
}

/** Whether an outcome is one of these refusals, which are an answer and no problem. */
export function isAmong<O extends { readonly type: string }, Reason extends string>(
  outcome: O,
  reasons: readonly Reason[],
): outcome is Extract<O, { readonly type: Reason }> {
  return (reasons as readonly string[]).includes(outcome.type);
}
