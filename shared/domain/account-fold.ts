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
  /** False where events are missing, or there twice: what one left is not what the next one found. */
  readonly isWhole: boolean;
}

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };
type Account = Mutable<Omit<FoldedAccount, 'holds' | 'reversed'>> & {
  readonly holds: Map<string, FoldedHold>;
  readonly reversed: Map<string, bigint>;
};

/**
 * Folds account events, in the order in which they were recorded, into accounts. Where events are missing, the account is
 * that of the last event: its balance is what it was, and its holds are those that are known.
 */
export class AccountFold {
  readonly #accounts = new Map<string, Account>();

  get accounts(): ReadonlyMap<string, FoldedAccount> {
    return this.#accounts;
  }

  /** Returns what a capture left in its hold. */
  add(event: AccountEvent): bigint | undefined {
    const account = this.#accounts.get(event.client);
    if (account) {
      account.isWhole &&= fits(account, event);
      return apply(account, event);
    }
    const opened = openedBy(event);
    this.#accounts.set(event.client, opened);
    return apply(opened, event);
  }

  /** Whether nothing of an account is missing so far. */
  isWhole(client: string): boolean {
    return this.#accounts.get(client)?.isWhole ?? true;
  }
}

function openedBy({ kind, client, currency, amountMicros }: AccountEvent): Account {
  const isOpening = kind === 'opening';
  return {
    client,
    currency,
    openingMicros: isOpening ? amountMicros : 0n,
    balanceMicros: 0n,
    heldMicros: 0n,
    terms: undefined,
    hasHadHolds: false,
    holds: new Map(),
    reversed: new Map(),
    isWhole: isOpening,
  };
}

/** Whether an event found the account as it is. */
function fits(account: Account, event: AccountEvent): boolean {
  if (event.kind === 'opening') return false;
  const effect = effectOf(event);
  if (account.balanceMicros + effect.balanceMicros !== event.balanceMicros) return false;
  if (!('heldMicros' in event)) return true;
  if (account.heldMicros + effect.heldMicros !== event.heldMicros) return false;
  if (event.kind === 'hold') return !account.holds.has(event.id);
  const hold = account.holds.get(event.holdId);
  return hold !== undefined && hold.leftMicros + effect.heldMicros >= 0n;
}

/** Returns what a capture left in its hold. */
function apply(account: Account, event: AccountEvent): bigint | undefined {
  account.balanceMicros = event.balanceMicros;
  switch (event.kind) {
    case 'reversal': {
      const { reversedKind, reversedId, reversedMicros } = event;
      account.reversed.set(`${reversedKind} ${reversedId}`, reversedMicros);
      break;
    }
    case 'hold':
      changeHold(account, event.id, event.amountMicros, event.expiresAtMs);
      break;
    case 'capture':
      return changeHold(account, event.holdId, -event.amountMicros - event.releasedMicros);
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
  return undefined;
}

/** Returns what is left in the hold. It ends with its last unit. */
function changeHold(
  account: Account,
  id: string,
  changeMicros: bigint,
  expiresAtMs?: number,
): bigint {
  const before = account.holds.get(id) ?? { leftMicros: 0n, expiresAtMs: 0 };
  const sumMicros = before.leftMicros + changeMicros;
  const leftMicros = sumMicros > 0n ? sumMicros : 0n;
  account.hasHadHolds = true;
  account.heldMicros += leftMicros - before.leftMicros;
  if (leftMicros === 0n) account.holds.delete(id);
  else account.holds.set(id, { leftMicros, expiresAtMs: expiresAtMs ?? before.expiresAtMs });
  return leftMicros;
}
