import type { Day } from './billing-period.ts';

interface EventBase {
  /** Unique for one client, kind and origin. */
  readonly id: string;
  readonly client: string;
  readonly currency: string;
  /** Signed for adjustments; never negative otherwise. */
  readonly amountMicros: bigint;
  /** When it happened, as its sender said, or the instant of the request. */
  readonly occurredAtMs: number;
  /** When Redis recorded it, by the clock of Redis. */
  readonly recordedAtMs: number;
}

/** A change of a balance. `balanceMicros` is the balance right after it. */
export interface BalanceEvent extends EventBase {
  readonly kind: 'opening' | 'top_up' | 'adjustment';
  readonly balanceMicros: bigint;
}

/** An authorized charge against a prepaid balance. */
export interface ChargeEvent extends EventBase {
  readonly kind: 'charge';
  readonly meter: string;
  readonly quantityMicros: bigint;
  readonly day: Day;
  readonly balanceMicros: bigint;
}

/** Postpaid usage: metered, never authorized. */
export interface UsageEvent extends EventBase {
  readonly kind: 'usage';
  /** The `source` attribute of the CloudEvent that brought it. */
  readonly origin: string;
  readonly meter: string;
  readonly quantityMicros: bigint;
  readonly day: Day;
}

/** One entry of the journal. Every change of a balance and every metered event is exactly one. */
export type LedgerEvent = BalanceEvent | ChargeEvent | UsageEvent;

export type MeteredEvent = ChargeEvent | UsageEvent;

export function isMetered(event: LedgerEvent): event is MeteredEvent {
  return event.kind === 'charge' || event.kind === 'usage';
}
