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
  /** What told its request from others of the same id. Missing where nobody sent an id. */
  readonly fingerprint?: string | undefined;
}

interface Metered {
  readonly meter: string;
  readonly quantityMicros: bigint;
  readonly day: Day;
}

/** The state of the account right after a change that concerns its holds. */
interface AfterHold {
  readonly balanceMicros: bigint;
  /** What all active holds keep back. */
  readonly heldMicros: bigint;
}

/** A change of a balance that meters nothing. `balanceMicros` is the balance right after it. */
export interface BalanceEvent<
  Kind extends 'opening' | 'top_up' | 'adjustment' = 'opening' | 'top_up' | 'adjustment',
> extends EventBase {
  readonly kind: Kind;
  readonly balanceMicros: bigint;
}

/** An authorized charge against a prepaid balance. */
export interface ChargeEvent extends EventBase, Metered {
  readonly kind: 'charge';
  readonly balanceMicros: bigint;
  /** Of a charge up to an amount, whose receipt says what it took. */
  readonly isUpTo?: true | undefined;
}

/** Gives back (part of) a charge or a capture: takes `amountMicros` and `quantityMicros` off what was metered. */
export interface ReversalEvent extends EventBase, Metered {
  readonly kind: 'reversal';
  readonly reversedKind: 'charge' | 'capture';
  readonly reversedId: string;
  /** All that was given back of it so far, with this. */
  readonly reversedMicros: bigint;
  readonly balanceMicros: bigint;
}

/** Keeps an amount back for captures to come. */
export interface HoldEvent extends EventBase, AfterHold {
  readonly kind: 'hold';
  readonly expiresAtMs: number;
}

/** Takes (part of) what a hold keeps back. */
export interface CaptureEvent extends EventBase, Metered, AfterHold {
  readonly kind: 'capture';
  readonly holdId: string;
  /** What the hold gave back beside, because this was its last capture. */
  readonly releasedMicros: bigint;
}

/** A hold ended, by request or by time: `amountMicros` are kept back no longer. */
export interface HoldEndEvent<Kind extends 'release' | 'expiry'> extends EventBase, AfterHold {
  readonly kind: Kind;
  readonly holdId: string;
}

/** A hold lasts until another time. Its amount is zero. */
export interface ExtensionEvent extends EventBase, AfterHold {
  readonly kind: 'extension';
  readonly holdId: string;
  readonly expiresAtMs: number;
}

export const ACCOUNT_STATUSES = ['open', 'frozen', 'closed'] as const;
/** `frozen`: nothing new is charged or held. `closed`: nothing changes. */
export type AccountStatus = (typeof ACCOUNT_STATUSES)[number];

/** The terms of an account from now on. Its amount is zero. */
export interface TermsEvent extends EventBase {
  readonly kind: 'terms';
  readonly status: AccountStatus;
  readonly creditLimitMicros: bigint;
  readonly balanceMicros: bigint;
}

/** Postpaid usage: metered, never authorized. */
export interface UsageEvent extends EventBase, Metered {
  readonly kind: 'usage';
  /** The `source` attribute of the CloudEvent that brought it. */
  readonly origin: string;
}

/** A change of a prepaid account. */
export type AccountEvent =
  | BalanceEvent<'opening'>
  | BalanceEvent<'top_up'>
  | BalanceEvent<'adjustment'>
  | ChargeEvent
  | ReversalEvent
  | HoldEvent
  | CaptureEvent
  | HoldEndEvent<'release'>
  | HoldEndEvent<'expiry'>
  | ExtensionEvent
  | TermsEvent;

/** One entry of the journal. Every change of an account and every metered event is exactly one. */
export type LedgerEvent = AccountEvent | UsageEvent;

export type MeteredEvent = ChargeEvent | ReversalEvent | CaptureEvent | UsageEvent;

export function isMetered(event: LedgerEvent): event is MeteredEvent {
  return 'meter' in event;
}

/** What an event adds to the balance and to what holds keep back. */
export function effectOf(event: AccountEvent): { balanceMicros: bigint; heldMicros: bigint } {
  const { amountMicros } = event;
  switch (event.kind) {
    case 'opening':
    case 'top_up':
    case 'adjustment':
    case 'reversal':
      return { balanceMicros: amountMicros, heldMicros: 0n };
    case 'charge':
      return { balanceMicros: -amountMicros, heldMicros: 0n };
    case 'hold':
      return { balanceMicros: 0n, heldMicros: amountMicros };
    case 'capture':
      return {
        balanceMicros: -amountMicros,
        heldMicros: -amountMicros - event.releasedMicros,
      };
    case 'release':
    case 'expiry':
      return { balanceMicros: 0n, heldMicros: -amountMicros };
    case 'extension':
    case 'terms':
      return { balanceMicros: 0n, heldMicros: 0n };
  }
}
