import type { ConservationProof } from '#shared/contracts/proof.ts';
import type { AccountDifference, AccountTotals } from '#shared/domain/account-totals.ts';
import type { Difference } from '#shared/domain/conservation.ts';
import { formatAmount, formatMicros } from '#shared/domain/money.ts';
import type { PackageFinding } from '#shared/domain/package-invariants.ts';
import type { TreeDifference } from '#shared/domain/tree-differences.ts';
import { type BalanceDifference, findingsOf, type Proven } from './audit-conservation.ts';
import type { Begun } from './proof-store.ts';

const SHOWN = 20;

/** An audit as people read it. */
export function presentProof(report: Proven, atMs: number): ConservationProof {
  const { stages, totals, differences, balances, entries, trees, packages, accounts } = report;
  return {
    provenAt: new Date(atMs).toISOString(),
    isConserved: findingsOf(report) === 0,
    stages: [stages.ledger, stages.deltas, stages.daily, stages.packages].map(({ name, sums }) => ({
      name,
      events: [...sums.values()].reduce((events, sum) => events + sum.events, 0),
      amounts: { ...totals[name] },
    })),
    accounts,
    differences: differences.length,
    balances: balances.length,
    entries: entries.length,
    trees: trees.length,
    packages: packages.length,
    first: [
      ...(report.isSeenOnce ? [SEEN_ONCE] : []),
      ...differences.slice(0, SHOWN).map(describeDifference),
      ...packages.slice(0, SHOWN).map(describeFinding),
      ...balances.slice(0, SHOWN).map(describeBalance),
      ...entries.slice(0, SHOWN).map(describeEntries),
      ...trees.slice(0, SHOWN).map(describeTree),
    ].slice(0, SHOWN),
  };
}

const SEEN_ONCE =
  'Seen once: the function had no time left to look again, so some of this may have been on its way.';

/** A proof that failed has proven nothing, and what made it fail may be what it looks for: a batch that is not what was kept. */
export function presentFailure(error: Error, atMs: number): ConservationProof {
  return nothingProven(atMs, `The audit did not come to its end: ${error.message}`);
}

export function presentKilled({ startedAt, until }: Begun): ConservationProof {
  return nothingProven(
    Date.parse(until),
    `The audit that was begun at ${startedAt} did not come to its end: it was killed, for its time or its memory.`,
  );
}

function nothingProven(atMs: number, why: string): ConservationProof {
  return {
    provenAt: new Date(atMs).toISOString(),
    isConserved: false,
    stages: [],
    ...{ accounts: 0, differences: 0, balances: 0, entries: 0, trees: 0 },
    first: [why],
  };
}

export function presentOutOfDate(proof: ConservationProof): ConservationProof {
  const why = `Out of date: nothing was proven since ${proof.provenAt}, though an audit is begun every hour.`;
  return { ...proof, isConserved: false, first: [why, ...proof.first].slice(0, SHOWN) };
}

function describeDifference({ key, left, right }: Difference): string {
  const side = ({ stage, events, quantityMicros, amountMicros }: Difference['left']) =>
    `${formatAmount(amountMicros)} ${key.currency} for ${formatMicros(quantityMicros)} in ${events} events in the ${stage}`;
  return `${key.client}, ${key.meter} on ${key.day} (${key.source}): ${side(left)}, but ${side(right)}.`;
}

const PROBLEMS: Readonly<Record<PackageFinding['problem'], string>> = {
  sums_not_of_lines: 'has lines that come to something else than it says',
  left_and_not_open: 'should be open to be taken over, or be taken over',
  carried_and_not_left: 'is taken over and had left nothing',
  carried_without_line: 'is said to be taken over and is not',
  line_without_carry: 'takes over what was not left to it',
  mark_without_package: 'is open to be taken over and did not leave that',
  superseded_without_successor: 'has nothing in its place',
  correction_without_superseded: 'is not what should be in the place of another',
};

function describeFinding({ invoice, problem, detail }: PackageFinding): string {
  return `Invoice ${invoice} ${PROBLEMS[problem]}: ${detail}.`;
}

function describeBalance({ client, of, journalMicros, foundMicros }: BalanceDifference): string {
  const what = of === 'balance' ? 'a balance' : 'a held amount';
  const found =
    foundMicros === undefined ? 'there is no account' : `it is ${formatAmount(foundMicros)}`;
  return `${client}: the ledger adds up to ${what} of ${formatAmount(journalMicros)}, but ${found}.`;
}

function describeEntries({ client, ledger, entries }: AccountDifference): string {
  const side = ({ changes, balanceMicros, heldMicros }: AccountTotals) =>
    `${changes} changes that come to ${formatAmount(balanceMicros)} and ${formatAmount(heldMicros)} held`;
  return `${client}: the ledger has ${side(ledger)}, but the statement has ${side(entries)}.`;
}

const FOLDS: Record<Exclude<TreeDifference['problem'], 'tree_differs'>, (of: string) => string> = {
  fold_missing: (n) => `fold ${n} is missing`,
  batch_in_two_folds: (batch) => `batch ${batch} is in two folds`,
  batch_in_no_fold: (batch) => `batch ${batch} is in no fold`,
  batch_without_delta: (batch) => `batch ${batch} has no delta`,
};

function describeTree(difference: TreeDifference): string {
  if (difference.problem !== 'tree_differs') {
    const { day, shard, problem, of } = difference;
    return `${day}, shard ${shard}: ${FOLDS[problem](of)}.`;
  }
  const { key, recorded, implied } = difference;
  const head = (tree: typeof recorded) =>
    tree ? `${tree.size} events with the root ${tree.root}` : 'no tree';
  return `${key.client}, ${key.meter} on ${key.day} (${key.source}): the daily record has ${head(recorded)}, but its deltas ${head(implied)}.`;
}
