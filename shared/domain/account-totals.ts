import type { BalanceHistory } from './conservation.ts';

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

type Histories = ReadonlyMap<string, BalanceHistory>;

/** The clients whose entries are not the changes in the ledger, each exactly once, in the order of their names. Both up to the same point in time. */
export function* accountDifferences(
  ledger: Histories,
  entries: Histories,
): Generator<AccountDifference> {
  for (const client of [...new Set([...ledger.keys(), ...entries.keys()])].sort()) {
    const [left, right] = [totalsOf(ledger.get(client)), totalsOf(entries.get(client))];
    if (
      left.changes !== right.changes ||
      left.balanceMicros !== right.balanceMicros ||
      left.heldMicros !== right.heldMicros
    ) {
      yield { client, ledger: left, entries: right };
    }
  }
}

function totalsOf(history: BalanceHistory | undefined): AccountTotals {
  const { changes = 0, sumMicros = 0n, heldMicros = 0n } = history ?? {};
  return { changes, balanceMicros: sumMicros, heldMicros };
}
