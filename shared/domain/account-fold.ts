import { type AccountEvent, type AccountStatus, effectOf } from './ledger-event.ts';

export interface FoldedHold {
  readonly leftMicros: bigint;
  readonly expiresAtMs: number;
}

/** An account as its events left it. */
export interface FoldedAccount {
  readonly client: string;
  readonly currency: string;
  readonly openingMicros: bigint;
  readonly balanceMicros: bigint;
  readonly heldMicros: bigint;
  /** Undefined where they were never changed. */
  readonly terms:
    | { readonly status: AccountStatus; readonly creditLimitMicros: bigint }
    | undefined;
  readonly hasHadHolds: boolean;
  /** Active holds by their ids, those included whose time is up and that were not given back yet. */
  readonly holds: ReadonlyMap<string, FoldedHold>;
  /** What was given back of each charge and capture, by `<kind> <id>`. */
  readonly reversed: ReadonlyMap<string, bigint>;
  /** False where events are missing, or there twice: what one left is not what another found. */
  readonly isWhole: boolean;
}

export interface FoldedEvent {
  readonly event: AccountEvent;
  /** What a capture left in its hold. */
  readonly leftInHoldMicros: bigint | undefined;
}

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };
type Account = Mutable<Omit<FoldedAccount, 'holds' | 'reversed'>> & {
  readonly holds: Map<string, FoldedHold>;
  readonly reversed: Map<string, bigint>;
  isOpen: boolean;
  /** Too much is missing to wait for it: everything is taken as it comes. */
  isBroken: boolean;
  /** Events that found a state that is not there yet, by the balance that they found. */
  readonly waiting: Map<bigint, AccountEvent[]>;
  waitingCount: number;
  lastBalanceMicros: bigint;
};

/** Most events of one account that may wait for others; where more do, one of those is missing. */
const MAX_WAITING = 10_000;

/**
 * Folds account events into accounts, in the order in which they were recorded or nearly so. Two relays with clocks that differ
 * may have given batches ids in another order: so an event waits until the state that it found is there.
 */
export class AccountFold {
  readonly #accounts = new Map<string, Account>();

  get accounts(): ReadonlyMap<string, FoldedAccount> {
    return this.#accounts;
  }

  /** Returns what took effect by this event: itself, and those that have waited for it. */
  add(event: AccountEvent): FoldedEvent[] {
    const account = this.#accountOf(event);
    account.lastBalanceMicros = event.balanceMicros;
    if (!fits(account, event)) {
      wait(account, event);
      return account.waitingCount > MAX_WAITING ? takeWaiting(account) : [];
    }
    const folded = [apply(account, event)];
    while (account.waitingCount > 0) {
      const next = takeNext(account);
      if (!next) break;
      folded.push(apply(account, next));
    }
    account.isWhole = account.waitingCount === 0 && !account.isBroken;
    return folded;
  }

  /**
   * Takes events as they are where others are missing for ever. The balance is then the one after the last event, as it
   * was in the store. Returns what took effect by it.
   */
  takeAsWhole(): FoldedEvent[] {
    return [...this.#accounts.values()].flatMap((account) =>
      account.isWhole ? [] : takeWaiting(account),
    );
  }

  #accountOf({ client, currency }: AccountEvent): Account {
    const known = this.#accounts.get(client);
    if (known) return known;
    const account: Account = {
      client,
      currency,
      openingMicros: 0n,
      balanceMicros: 0n,
      heldMicros: 0n,
      terms: undefined,
      hasHadHolds: false,
      holds: new Map(),
      reversed: new Map(),
      isWhole: false,
      isOpen: false,
      isBroken: false,
      waiting: new Map(),
      waitingCount: 0,
      lastBalanceMicros: 0n,
    };
    this.#accounts.set(client, account);
    return account;
  }
}

/** Whether an event found the account as it is. */
function fits(account: Account, event: AccountEvent): boolean {
  if (account.isBroken) return true;
  if (!account.isOpen || event.kind === 'opening')
    return !account.isOpen && event.kind === 'opening';
  const effect = effectOf(event);
  if (account.balanceMicros + effect.balanceMicros !== event.balanceMicros) return false;
  if (!('heldMicros' in event)) return true;
  if (account.heldMicros + effect.heldMicros !== event.heldMicros) return false;
  if (event.kind === 'hold') return !account.holds.has(event.id);
  const hold = account.holds.get(event.holdId);
  return hold !== undefined && hold.leftMicros + effect.heldMicros >= 0n;
}

function wait(account: Account, event: AccountEvent): void {
  const foundMicros = event.balanceMicros - effectOf(event).balanceMicros;
  const before = account.waiting.get(foundMicros);
  if (before) before.push(event);
  else account.waiting.set(foundMicros, [event]);
  account.waitingCount += 1;
  account.isWhole = false;
}

function takeNext(account: Account): AccountEvent | undefined {
  const candidates = account.waiting.get(account.balanceMicros) ?? [];
  const index = candidates.findIndex((event) => fits(account, event));
  if (index < 0) return undefined;
  account.waitingCount -= 1;
  if (candidates.length === 1) account.waiting.delete(account.balanceMicros);
  return candidates.splice(index, 1)[0];
}

function takeWaiting(account: Account): FoldedEvent[] {
  const events = [...account.waiting.values()].flat();
  account.waiting.clear();
  account.waitingCount = 0;
  account.isBroken = true;
  events.sort((one, other) => one.recordedAtMs - other.recordedAtMs);
  const folded = events.map((event) => apply(account, event));
  account.balanceMicros = account.lastBalanceMicros;
  return folded;
}

function apply(account: Account, event: AccountEvent): FoldedEvent {
  account.balanceMicros = event.balanceMicros;
  let leftInHoldMicros: bigint | undefined;
  switch (event.kind) {
    case 'opening':
      account.isOpen = true;
      account.currency = event.currency;
      account.openingMicros = event.amountMicros;
      break;
    case 'reversal':
      keepHighest(
        account.reversed,
        `${event.reversedKind} ${event.reversedId}`,
        event.reversedMicros,
      );
      break;
    case 'hold':
      changeHold(account, event.id, event.amountMicros, event.expiresAtMs);
      break;
    case 'capture':
      leftInHoldMicros = changeHold(
        account,
        event.holdId,
        -event.amountMicros - event.releasedMicros,
      );
      break;
    case 'release':
    case 'expiry':
      changeHold(account, event.holdId, -event.amountMicros);
      break;
    case 'extension':
      changeHold(account, event.holdId, 0n, event.expiresAtMs);
      break;
    case 'terms':
      account.terms = { status: event.status, creditLimitMicros: event.creditLimitMicros };
  }
  return { event, leftInHoldMicros };
}

function keepHighest(totals: Map<string, bigint>, key: string, totalMicros: bigint): void {
  const before = totals.get(key);
  if (before === undefined || before < totalMicros) totals.set(key, totalMicros);
}

/** Returns what is left in the hold; it ends with its last unit, and never lasts shorter. */
function changeHold(account: Account, id: string, changeMicros: bigint, expiresAtMs = 0): bigint {
  const before = account.holds.get(id) ?? { leftMicros: 0n, expiresAtMs: 0 };
  const sumMicros = before.leftMicros + changeMicros;
  const leftMicros = sumMicros > 0n ? sumMicros : 0n;
  account.hasHadHolds = true;
  account.heldMicros += leftMicros - before.leftMicros;
  if (leftMicros === 0n) account.holds.delete(id);
  else
    account.holds.set(id, { leftMicros, expiresAtMs: Math.max(before.expiresAtMs, expiresAtMs) });
  return leftMicros;
}
