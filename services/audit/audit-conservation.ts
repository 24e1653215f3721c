import pMap from 'p-map';
import { type AccountStore, readAccount } from '#services/charging/public.ts';
import type { AccountDifference } from '#shared/domain/account-totals.ts';
import {
  type BalanceHistory,
  balanceAtEnd,
  type Difference,
  differences,
  totalsByCurrency,
} from '#shared/domain/conservation.ts';
import { formatAmount } from '#shared/domain/money.ts';
import { type PackageFinding, packageFindings } from '#shared/domain/package-invariants.ts';
import type { TreeDifference } from '#shared/domain/tree-differences.ts';
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
  /** Clients whose balance, or what holds keep back of it, is not what the journal implies. */
  readonly balances: readonly BalanceDifference[];
  /** Clients whose entries are not the changes in the ledger, each once. */
  readonly entries: readonly AccountDifference[];
  /** Folds and trees that are not what the deltas imply. */
  readonly trees: readonly TreeDifference[];
  /** Amounts that were not carried over exactly once, and corrections that are not in the place of what they correct. */
  readonly packages: readonly PackageFinding[];
  readonly accounts: number;
}

/** A report of what was seen twice, some minutes apart; or once, where there was no time for more. */
export interface Proven extends AuditReport {
  readonly isSeenOnce: boolean;
}

export interface BalanceDifference {
  readonly client: string;
  readonly of: 'balance' | 'held';
  /** What the changes in the ledger sum up to. */
  readonly journalMicros: bigint;
  /** The one in Redis or, of the balance of a client that is being charged, in the last event that has settled. */
  readonly foundMicros: bigint | undefined;
}

/** A point in time for a pipeline in which nothing moves: every balance is compared with Redis. */
export const AT_REST = Number.POSITIVE_INFINITY;

/**
 * Checks invariants 3, 4 and 5 over everything that is stored. Days that are still to be rolled up are left out, and
 * so is, between daily records and packages, what is still to be packaged; what is on its way between Redis and
 * the ledger shows as a difference that goes by itself.
 *
 * Events that were recorded up to `settledUntilMs` are taken to have reached the ledger. A balance with later ones
 * moves all the time, and with it what it differs by from the ledger: there the ledger is checked against itself.
 */
export async function auditConservation(
  audit: Audit,
  settledUntilMs: number,
): Promise<AuditReport> {
  const { sources, accounts } = audit;
  const { isMoving, ...read } = await readStages(sources, accounts.shards, settledUntilMs);
  const { ledger, deltas, daily, packages } = read;
  const stages = [ledger, deltas, daily, packages];
  const balances = await checkBalances(accounts, read.balances);
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
    entries: read.entries,
    trees: read.trees,
    packages: [...packageFindings(read.ties)],
  };
}

const READS_AT_ONCE = 32;

async function checkBalances(
  accounts: Audit['accounts'],
  histories: ReadonlyMap<string, BalanceHistory>,
) {
  const found = await pMap(
    histories,
    async ([client, history]): Promise<BalanceDifference[]> => {
      const { sumMicros, heldMicros, last, goesOn } = history;
      if (last.length === 0) return [];
      const differing = (
        of: BalanceDifference['of'],
        journalMicros: bigint,
        foundMicros?: bigint,
      ) => (foundMicros === journalMicros ? [] : [{ client, of, journalMicros, foundMicros }]);
      if (goesOn) return differing('balance', sumMicros, balanceAtEnd(history));
      const account = await readAccount(accounts, client);
      return [
        ...differing('balance', sumMicros, account?.balanceMicros),
        ...(account ? differing('held', heldMicros, account.heldMicros) : []),
      ];
    },
    { concurrency: READS_AT_ONCE },
  );
  return { balances: found.flat(), accounts: histories.size };
}

/**
 * What two audits up to the same point found: differences that did not go by themselves. Sums that move differ by
 * another amount each time; of a balance also the journal up to the point must not have moved.
 */
export function persisting(first: AuditReport, second: AuditReport): AuditReport {
  const found = new Set([
    ...first.differences.map(gapOf),
    ...first.balances.map(balanceFindingOf),
    ...first.entries.map(entryGapOf),
    ...first.trees.map(treeFindingOf),
    ...first.packages.map(packageFindingOf),
  ]);
  return {
    ...second,
    differences: second.differences.filter((difference) => found.has(gapOf(difference))),
    balances: second.balances.filter((difference) => found.has(balanceFindingOf(difference))),
    entries: second.entries.filter((difference) => found.has(entryGapOf(difference))),
    trees: second.trees.filter((difference) => found.has(treeFindingOf(difference))),
    packages: second.packages.filter((finding) => found.has(packageFindingOf(finding))),
  };
}

/** How much there is to look at. */
export function findingsOf(report: AuditReport): number {
  const { differences, balances, entries, trees, packages } = report;
  return [differences, balances, entries, trees, packages].reduce(
    (sum, found) => sum + found.length,
    0,
  );
}

/** A tree that grows has another head each time. */
function treeFindingOf(difference: TreeDifference): string {
  return JSON.stringify(difference);
}

function gapOf({ key, left, right }: Difference): string {
  const gap = [
    right.events - left.events,
    right.quantityMicros - left.quantityMicros,
    right.amountMicros - left.amountMicros,
  ];
  return `${usageKeyOf(key)} ${right.stage} ${gap}`;
}

function balanceFindingOf({ client, of, journalMicros, foundMicros }: BalanceDifference): string {
  return `${client} ${of} ${journalMicros} ${foundMicros ?? 'no account'}`;
}

function packageFindingOf({ invoice, problem, detail }: PackageFinding): string {
  return `${invoice} ${problem} ${detail}`;
}

function entryGapOf({ client, ledger, entries }: AccountDifference): string {
  const gap = [
    entries.changes - ledger.changes,
    entries.balanceMicros - ledger.balanceMicros,
    entries.heldMicros - ledger.heldMicros,
  ];
  return `${client} entries ${gap}`;
}
