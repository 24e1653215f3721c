import pMap from 'p-map';
import { type AccountStore, readAccount } from '#services/charging/public.ts';
import {
  balancesFromJournal,
  type Difference,
  differences,
  totalsByCurrency,
} from '#shared/domain/conservation.ts';
import type { LedgerEvent } from '#shared/domain/ledger-event.ts';
import { formatAmount } from '#shared/domain/money.ts';
import { usageKeyOf } from '#shared/domain/usage.ts';
import { type AuditSources, readStages, type Stages } from './read-stages.ts';

export interface Audit {
  readonly sources: AuditSources;
  readonly accounts: Pick<AccountStore, 'redis' | 'shards'>;
}

export interface AuditReport {
  readonly stages: Pick<Stages, 'ledger' | 'deltas' | 'daily' | 'packages'>;
  /** Amount of every stage by currency, in major units. */
  readonly totals: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Keys at rest whose sums differ between two stages. */
  readonly differences: readonly Difference[];
  /** Clients whose balance is not what the journal implies. */
  readonly balances: readonly BalanceDifference[];
  readonly accounts: number;
}

export interface BalanceDifference {
  readonly client: string;
  readonly journalMicros: bigint;
  readonly balanceMicros: bigint | undefined;
}

/**
 * Checks invariants 3 and 4 over everything that is stored. Days that are still to be rolled up are left out, and
 * so is, between daily records and packages, what is still to be packaged; what is on its way between Redis and
 * the ledger shows as a difference that goes by itself.
 */
export async function auditConservation(audit: Audit): Promise<AuditReport> {
  const { ledger, deltas, daily, packages, balanceEvents, isMoving } = await readStages(
    audit.sources,
  );
  const stages = [ledger, deltas, daily, packages];
  const balances = await checkBalances(audit.accounts, balanceEvents);
  return {
    stages: { ledger, deltas, daily, packages },
    totals: Object.fromEntries(
      stages.map((stage) => [
        stage.name,
        Object.fromEntries(
          [...totalsByCurrency(stage.sums.values())].map(([currency, totals]) => [
            currency,
            formatAmount(totals.amountMicros),
          ]),
        ),
      ]),
    ),
    differences: [...differences(stages)].filter((difference) => !isMoving(difference)),
    ...balances,
  };
}

const READS_AT_ONCE = 32;

async function checkBalances(accounts: Audit['accounts'], events: readonly LedgerEvent[]) {
  const expected = [...balancesFromJournal(events)];
  const found = await pMap(
    expected,
    async ([client, journalMicros]): Promise<BalanceDifference[]> => {
      const balanceMicros = (await readAccount(accounts, client))?.balanceMicros;
      return balanceMicros === journalMicros ? [] : [{ client, journalMicros, balanceMicros }];
    },
    { concurrency: READS_AT_ONCE },
  );
  return { balances: found.flat(), accounts: expected.length };
}

/** What two audits found by the same amount: a difference that did not go by itself. What moves differs by another amount each time. */
export function persisting(first: AuditReport, second: AuditReport): AuditReport {
  const gaps = new Set([...first.differences.map(gapOf), ...first.balances.map(balanceGapOf)]);
  return {
    ...second,
    differences: second.differences.filter((difference) => gaps.has(gapOf(difference))),
    balances: second.balances.filter((difference) => gaps.has(balanceGapOf(difference))),
  };
}

function gapOf({ key, left, right }: Difference): string {
  const gap = [
    right.events - left.events,
    right.quantityMicros - left.quantityMicros,
    right.amountMicros - left.amountMicros,
  ];
  return `${usageKeyOf(key)} ${right.stage} ${gap}`;
}

function balanceGapOf({ client, journalMicros, balanceMicros }: BalanceDifference): string {
  return `${client} ${balanceMicros === undefined ? 'no account' : balanceMicros - journalMicros}`;
}
