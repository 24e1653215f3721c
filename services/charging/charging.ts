import type { AccountStore } from './account-store.ts';

/** What the use cases of charging need. */
export interface Charging {
  readonly accounts: AccountStore;
  /** IANA name of the billing time zone, in which an event's day is decided. */
  readonly timeZone: string;
  readonly maxEventAgeDays: number;
  readonly nowMs: () => number;
}
