/** What an engine can do, ours or a rival: as much as the bench and the crash test need. */
export interface ChargeEngine {
  open(account: string, balanceMicros: bigint): Promise<void>;
  /** Takes the amount if the balance covers it. `id` is the caller's, the same one when it tries again. */
  charge(account: string, id: string, amountMicros: bigint): Promise<ChargeResult>;
  balance(account: string): Promise<bigint>;
}

export interface ChargeResult {
  readonly isAuthorized: boolean;
  /** The balance after the charge, where the engine knows it. */
  readonly balanceMicros?: bigint;
}

/** An engine that takes many charges in one call; the results are in the order of the charges. */
export interface BatchEngine extends Pick<ChargeEngine, 'open' | 'balance'> {
  chargeMany(charges: readonly Charge[]): Promise<readonly ChargeResult[]>;
}

export interface Charge {
  readonly account: string;
  readonly id: string;
  readonly amountMicros: bigint;
}

/** What an engine without an outbox says of a charge, once it has made it. */
export interface ChargeEvent extends Charge {
  readonly balanceMicros: bigint;
}

/** Hands an event to the queue; resolves when the queue has it. */
export type Emit = (event: ChargeEvent) => Promise<void>;
