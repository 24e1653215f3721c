import { timeInId } from '#shared/domain/charge-id.ts';
import { FUTURE_TOLERANCE_MS } from '#shared/domain/event-time.ts';
import type { AccountStatus, LedgerEvent } from '#shared/domain/ledger-event.ts';
import type { Terms } from '../account-store.ts';
import type { BalanceChange, Reversal } from '../balance-store.ts';
import type { CaptureOptions } from '../hold-store.ts';
import type { capture, extension, hold, opening, release, terms } from './store.ts';

/**
 * What a store of accounts is to do, in plain bigints, without a store. It is asked what the store was asked, in the order
 * in which the store answered, and told the times that only the store knows. Answers are lines as scripts give them.
 */
export class Model {
  readonly accounts = new Map<string, ModelAccount>();
  /** What the journal must say, of each client in its order. */
  readonly journal = new Map<string, string[]>();
  readonly #receipts = new Map<string, { readonly fingerprint: string; readonly result: string }>();
  readonly #reversed = new Map<string, bigint>();
  readonly #startedMs: number;
  readonly #windowMs: number;

  constructor(startedMs: number, windowMs: number) {
    this.#startedMs = startedMs;
    this.#windowMs = windowMs;
  }

  open({ client, currency, amountMicros }: ReturnType<typeof opening>): string {
    const account = this.accounts.get(client);
    if (account) {
      const isSame = account.currency === currency && account.openingMicros === amountMicros;
      return `${isSame ? 'exists' : 'differs'} ${account.balanceMicros}`;
    }
    this.accounts.set(client, {
      currency,
      openingMicros: amountMicros,
      balanceMicros: amountMicros,
      heldMicros: 0n,
      limitMicros: 0n,
      status: 'open',
      holds: new Map(),
    });
    this.#record(client, ['opening', 'opening', amountMicros, amountMicros]);
    return `opened ${amountMicros}`;
  }

  change({ event, isUpTo = false }: BalanceChange, atMs: number): string {
    const { kind, client, id, amountMicros } = event;
    const isFrozenAllowed = kind !== 'charge';
    return this.#once(event, atMs, isFrozenAllowed, (account) => {
      const change = kind === 'charge' ? -amountMicros : amountMicros;
      let granted = change;
      if (!isInt64(account.balanceMicros + change)) return 'balance_out_of_range';
      const left = availableOf(account);
      if (change < 0n && left + change < 0n) {
        if (!isUpTo || left <= 0n) return 'insufficient_balance';
        granted = -left;
      }
      account.balanceMicros += granted;
      const { balanceMicros } = account;
      const moved = kind === 'charge' ? -granted : granted;
      this.#record(client, [kind, id, moved, balanceMicros]);
      return isUpTo ? [balanceMicros, moved] : [balanceMicros];
    });
  }

  placeHold(event: ReturnType<typeof hold>, lifetimeMs: number, atMs: number): string {
    const { client, id, amountMicros } = event;
    return this.#once(event, atMs, false, (account) => {
      if (account.holds.has(id)) return 'hold_exists';
      if (availableOf(account) < amountMicros) return 'insufficient_balance';
      const expiresAtMs = atMs + lifetimeMs;
      account.heldMicros += amountMicros;
      account.holds.set(id, { leftMicros: amountMicros, expiresAtMs });
      const { balanceMicros, heldMicros } = account;
      this.#record(client, ['hold', id, amountMicros, balanceMicros, heldMicros, expiresAtMs]);
      return [balanceMicros, heldMicros, expiresAtMs];
    });
  }

  captureHold(
    event: ReturnType<typeof capture>,
    { isUpTo, isFinal }: CaptureOptions,
    atMs: number,
  ): string {
    const { client, id, holdId } = event;
    return this.#once(event, atMs, true, (account) => {
      const kept = account.holds.get(holdId);
      if (!kept) return 'unknown_hold';
      if (event.amountMicros > kept.leftMicros && !isUpTo) return 'insufficient_hold';
      const isAll = event.amountMicros >= kept.leftMicros;
      const taken = isAll ? kept.leftMicros : event.amountMicros;
      const rest = kept.leftMicros - taken;
      const released = isFinal ? rest : 0n;
      account.balanceMicros -= taken;
      account.heldMicros -= taken + released;
      kept.leftMicros = rest - released;
      if (kept.leftMicros === 0n) account.holds.delete(holdId);
      const { balanceMicros, heldMicros } = account;
      this.#record(client, ['capture', id, taken, balanceMicros, heldMicros, released]);
      return [balanceMicros, heldMicros, taken, kept.leftMicros];
    });
  }

  releaseHold(event: ReturnType<typeof release>, atMs: number): string {
    const { client, id, holdId } = event;
    return this.#once(event, atMs, true, (account) => {
      const kept = account.holds.get(holdId);
      if (!kept) return 'unknown_hold';
      account.heldMicros -= kept.leftMicros;
      account.holds.delete(holdId);
      const { balanceMicros, heldMicros } = account;
      this.#record(client, ['release', id, kept.leftMicros, balanceMicros, heldMicros]);
      return [balanceMicros, heldMicros, kept.leftMicros];
    });
  }

  extendHold(event: ReturnType<typeof extension>, lifetimeMs: number, atMs: number): string {
    const { client, id, holdId } = event;
    return this.#once(event, atMs, false, (account) => {
      const kept = account.holds.get(holdId);
      if (!kept) return 'unknown_hold';
      kept.expiresAtMs = Math.max(kept.expiresAtMs, atMs + lifetimeMs);
      const { balanceMicros, heldMicros } = account;
      this.#record(client, ['extension', id, 0n, balanceMicros, heldMicros, kept.expiresAtMs]);
      return [balanceMicros, heldMicros, kept.expiresAtMs];
    });
  }

  reverse({ event, amountMicros }: Reversal, atMs: number): string {
    const { client, id, reversedKind, reversedId } = event;
    return this.#once(event, atMs, true, (account) => {
      const key = `${client} ${reversedKind} ${reversedId}`;
      const before = this.#reversed.get(key) ?? 0n;
      const left = event.amountMicros - before;
      const given = amountMicros ?? left;
      if (left <= 0n || given > left) return 'over_reversed';
      if (!isInt64(account.balanceMicros + given)) return 'balance_out_of_range';
      account.balanceMicros += given;
      const reversed = before + given;
      this.#reversed.set(key, reversed);
      this.#record(client, ['reversal', id, given, account.balanceMicros, reversed]);
      return [account.balanceMicros, given, reversed];
    });
  }

  changeTerms({ client, id }: ReturnType<typeof terms>, changes: Terms): string {
    const account = this.accounts.get(client);
    if (!account) return 'unknown_account';
    const { status = account.status, creditLimitMicros = account.limitMicros } = changes;
    if (status === account.status && creditLimitMicros === account.limitMicros) return 'same';
    if (status === 'closed' && account.heldMicros > 0n) return 'account_has_holds';
    if (account.balanceMicros - account.heldMicros + creditLimitMicros < 0n) {
      return 'balance_out_of_range';
    }
    account.status = status;
    account.limitMicros = creditLimitMicros;
    this.#record(client, ['terms', id, 0n, account.balanceMicros, status, creditLimitMicros]);
    return 'done';
  }

  /** Gives back what every hold keeps whose time has come. */
  expire(nowMs: number): void {
    for (const [client, account] of this.accounts) {
      const due = [...account.holds].filter(([, { expiresAtMs }]) => expiresAtMs <= nowMs);
      due.sort(([id, one], [otherId, other]) =>
        one.expiresAtMs === other.expiresAtMs
          ? Number(id > otherId) || -1
          : one.expiresAtMs - other.expiresAtMs,
      );
      for (const [id, { leftMicros }] of due) {
        account.heldMicros -= leftMicros;
        account.holds.delete(id);
        this.#record(client, ['expiry', id, leftMicros, account.balanceMicros, account.heldMicros]);
      }
    }
  }

  #once(
    { kind, client, id, fingerprint, ...event }: Request,
    atMs: number,
    isFrozenAllowed: boolean,
    decide: (account: ModelAccount) => string | (bigint | number)[],
  ): string {
    const key = `${kind} ${client} ${id}`;
    const receipt = this.#receipts.get(key);
    if (receipt) {
      return receipt.fingerprint === fingerprint
        ? `repeated ${receipt.result}`
        : `reused ${receipt.fingerprint}`;
    }
    const idTimeMs = timeInId(id);
    if (idTimeMs !== undefined && idTimeMs < this.#startedMs - this.#windowMs) return 'expired';
    if (idTimeMs !== undefined && idTimeMs > this.#startedMs + 2 * FUTURE_TOLERANCE_MS) {
      return 'in_future';
    }
    const account = this.accounts.get(client);
    if (!account) return 'unknown_account';
    if (event.currency && event.currency !== account.currency) return 'currency_mismatch';
    if (account.status === 'closed') return 'account_closed';
    if (account.status === 'frozen' && !isFrozenAllowed) return 'account_frozen';
    const decided = decide(account);
    if (typeof decided === 'string') return decided;
    if (availableOf(account) < 0n) throw new Error(`${client} has less than nothing to spend`);
    const result = [atMs, ...decided].join(' ');
    this.#receipts.set(key, { fingerprint, result });
    return `done ${result}`;
  }

  #record(client: string, line: readonly (string | number | bigint)[]): void {
    const lines = this.journal.get(client) ?? [];
    this.journal.set(client, lines);
    lines.push(line.join(' '));
  }
}

/** An event in the words of the model's journal. */
export function journalLineOf(event: Exclude<LedgerEvent, { kind: 'usage' }>): string {
  const { kind, id, amountMicros, balanceMicros } = event;
  const line: (string | number | bigint)[] = [kind, id, amountMicros, balanceMicros];
  if ('heldMicros' in event) line.push(event.heldMicros);
  if ('expiresAtMs' in event) line.push(event.expiresAtMs);
  if ('releasedMicros' in event) line.push(event.releasedMicros);
  if ('reversedMicros' in event) line.push(event.reversedMicros);
  if ('status' in event) line.push(event.status, event.creditLimitMicros);
  return line.join(' ');
}

export interface ModelAccount {
  readonly currency: string;
  readonly openingMicros: bigint;
  balanceMicros: bigint;
  heldMicros: bigint;
  limitMicros: bigint;
  status: AccountStatus;
  readonly holds: Map<string, { leftMicros: bigint; expiresAtMs: number }>;
}

interface Request {
  readonly kind: string;
  readonly client: string;
  readonly id: string;
  readonly fingerprint: string;
  readonly currency?: string;
}

/** What can be spent. */
export function availableOf({ balanceMicros, limitMicros, heldMicros }: ModelAccount): bigint {
  return balanceMicros + limitMicros - heldMicros;
}

function isInt64(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value;
}
