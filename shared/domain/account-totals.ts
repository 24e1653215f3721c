import { effectOf, type LedgerEvent } from './ledger-event.ts';

/** What the changes of one account come to. */
export interface AccountTotals {
  readonly changes: number;
  readonly balanceMicros: bigint;
  readonly heldMicros: bigint;
}

export interface AccountDifference {
  readonly client: string;
  readonly ledger: AccountTotals;
  readonly entries: AccountTotals;
}

const NOTHING: AccountTotals = { changes: 0, balanceMicros: 0n, heldMicros: 0n };

/** Adds changes that were recorded up to `untilMs`, in any order, to the totals of their clients. Usage changes no account. */
export function foldAccounts(
  events: Iterable<LedgerEvent>,
  untilMs: number,
  totals = new Map<string, AccountTotals>(),
): Map<string, AccountTotals> {
  for (const event of events) {
    if (event.kind === 'usage' || event.recordedAtMs > untilMs) continue;
    const before = totals.get(event.client) ?? NOTHING;
    const effect = effectOf(event);
    totals.set(event.client, {
      changes: before.changes + 1,
      balanceMicros: before.balanceMicros + effect.balanceMicros,
      heldMicros: before.heldMicros + effect.heldMicros,
    });
  }
  return totals;
}

/** The clients whose entries are not the changes in the ledger, each exactly once, in the order of their names. */
export function* accountDifferences(
  ledger: ReadonlyMap<string, AccountTotals>,
  entries: ReadonlyMap<string, AccountTotals>,
): Generator<AccountDifference> {
  for (const client of [...new Set([...ledger.keys(), ...entries.keys()])].sort()) {
    const [left, right] = [ledger.get(client) ?? NOTHING, entries.get(client) ?? NOTHING];
    if (
      left.changes !== right.changes ||
      left.balanceMicros !== right.balanceMicros ||
      left.heldMicros !== right.heldMicros
    ) {
      yield { client, ledger: left, entries: right };
    }
  }
}
