/** What a package that is not sent leaves to the next one of its client and currency. */
export interface CarryOver {
  readonly client: string;
  readonly currency: string;
  /** The id of the package that leaves it. */
  readonly from: string;
  readonly amountMicros: bigint;
  /** How much of it the client has paid from its balance already; below zero where more was given back to it. */
  readonly paidMicros: bigint;
}

export interface PackagingRules {
  /** The least total that is invoiced, by currency. */
  readonly minimumMicros: ReadonlyMap<string, bigint>;
  /** Whether the next package takes over what one that is not sent leaves. */
  readonly carriesOver: boolean;
}

/** Whatever is above zero is invoiced, and nothing is taken over. */
export const PLAIN_RULES: PackagingRules = { minimumMicros: new Map(), carriesOver: false };

/** Why a package is not sent. */
export type SkipReason = 'zero_total' | 'negative_total' | 'below_minimum';

export function skipReasonOf(
  totalMicros: bigint,
  currency: string,
  { minimumMicros }: PackagingRules,
): SkipReason | undefined {
  if (totalMicros === 0n) return 'zero_total';
  if (totalMicros < 0n) return 'negative_total';
  return totalMicros < (minimumMicros.get(currency) ?? 0n) ? 'below_minimum' : undefined;
}
