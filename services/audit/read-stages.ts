import {
  type EntryStore,
  type LedgerStore,
  readAllEntries,
  readAllUsage,
  readLedger,
  type UsageStore,
} from '#services/aggregation/public.ts';
import { type PackageStore, readAllInvoices, storedPackage } from '#services/packaging/public.ts';
import { type AccountDifference, accountDifferences } from '#shared/domain/account-totals.ts';
import { halfMonthOf } from '#shared/domain/billing-period.ts';
import type { CarryOver } from '#shared/domain/carry-over.ts';
import {
  type BalanceHistory,
  type Difference,
  foldBalances,
  type Stage,
  stageOf,
} from '#shared/domain/conservation.ts';
import {
  billedBy,
  linksOf,
  type PackageLinks,
  type Ties,
} from '#shared/domain/package-invariants.ts';
import { shardName, shardOf } from '#shared/domain/shard.ts';
import { type TreeDifference, treeDifferences } from '#shared/domain/tree-differences.ts';
import {
  type DailyRecord,
  foldUsage,
  type UsageSum,
  usageKeyOf,
  usageOf,
} from '#shared/domain/usage.ts';
import { gatherShardDays } from './shard-days.ts';

export interface AuditSources {
  readonly ledger: LedgerStore;
  readonly entries: EntryStore;
  readonly usage: UsageStore;
  readonly packages: PackageStore;
}

export interface Stages {
  readonly ledger: Stage;
  readonly deltas: Stage;
  readonly daily: Stage;
  readonly packages: Stage;
  /** Folds and trees of days at rest that are not what the deltas imply. */
  readonly trees: readonly TreeDifference[];
  /** What packages have left to later ones, and which were put in the place of others. */
  readonly ties: Ties;
  /** What the ledger says of the balance of each client, up to the point that was asked for. */
  readonly balances: ReadonlyMap<string, BalanceHistory>;
  /** The clients whose entries are not the changes in the ledger, up to that point. */
  readonly entries: readonly AccountDifference[];
  /** Whether what differs has still to be rolled up, or to be packaged, and may differ until then. */
  readonly isMoving: (difference: Difference) => boolean;
}

/** Reads every stage of the pipeline whole. What lies further down is read first, so that nothing seems invented by moving meanwhile. */
export async function readStages(
  sources: AuditSources,
  shards: number,
  settledUntilMs: number,
): Promise<Stages> {
  const { packages, ties } = await readPackages(sources.packages);
  const { deltas, daily, trees, isMoving } = await readUsage(sources.usage, shards);
  const entries = await readEntries(sources.entries, settledUntilMs);
  const { sums, balances } = await readEvents(sources.ledger, settledUntilMs);
  return {
    ledger: { name: 'ledger', sums },
    deltas,
    daily,
    packages,
    trees,
    ties,
    balances,
    entries: [...accountDifferences(balances, entries)],
    isMoving,
  };
}

const PACKAGES = 'packages';

async function readPackages(store: PackageStore): Promise<{ packages: Stage; ties: Ties }> {
  const sums = new Map<string, UsageSum>();
  const links = new Map<string, PackageLinks>();
  const marks: CarryOver[] = [];
  for await (const found of readAllInvoices(store)) {
    if (found.type === 'carry') {
      marks.push(found.mark);
      continue;
    }
    const stored = storedPackage(found.frozen);
    billedBy([stored], sums);
    const link = linksOf(stored);
    if (link) links.set(link.id, link);
  }
  return { packages: { name: PACKAGES, sums }, ties: { links, marks } };
}

async function readUsage(store: UsageStore, shards: number) {
  const deltas = new Map<string, UsageSum>();
  const daily: DailyRecord[] = [];
  const days = gatherShardDays();
  const dirtyShardDays = new Set<string>();
  const unpackaged = new Set<string>();
  for await (const item of readAllUsage(store)) {
    switch (item.type) {
      case 'delta':
        foldUsage([item.sum], deltas);
        days.addDelta(item.shard, item.sum);
        break;
      case 'fold':
        days.addFold(item.shard, item.day, item.fold);
        break;
      case 'daily':
        daily.push(item.sum);
        break;
      case 'dirty':
        dirtyShardDays.add(`${item.day}#${item.shard}`);
        break;
      case 'unpackaged':
        unpackaged.add(`${item.period}#${item.client}`);
    }
  }
  const byKey = new Map(daily.map((record) => [usageKeyOf(record), record]));
  return {
    deltas: { name: 'deltas', sums: deltas },
    daily: stageOf('daily records', daily),
    trees: [...treeDifferences(days.atRest(dirtyShardDays), byKey)],
    isMoving: ({ key, right }: Difference) =>
      dirtyShardDays.has(`${key.day}#${shardName(shardOf(key.client, shards))}`) ||
      (right.stage === PACKAGES && unpackaged.has(`${halfMonthOf(key.day)}#${key.client}`)),
  };
}

async function readEntries(store: EntryStore, settledUntilMs: number) {
  const balances = new Map<string, BalanceHistory>();
  for await (const event of readAllEntries(store)) foldBalances([event], settledUntilMs, balances);
  return balances;
}

async function readEvents(store: LedgerStore, settledUntilMs: number) {
  const sums = new Map<string, UsageSum>();
  const balances = new Map<string, BalanceHistory>();
  for await (const event of readLedger(store)) {
    foldBalances([event], settledUntilMs, balances);
    foldUsage(usageOf([event]), sums);
  }
  return { sums, balances };
}
