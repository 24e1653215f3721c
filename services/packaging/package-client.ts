import {
  clearUsageMark,
  type Mark,
  readDailyRecords,
  type UsageStore,
} from '#services/aggregation/public.ts';
import type { HalfMonth } from '#shared/domain/billing-period.ts';
import type { CarryOver, PackagingRules } from '#shared/domain/carry-over.ts';
import { packagesToAdd } from '#shared/domain/packaging.ts';
import { readCarries } from './carry-store.ts';
import { type PackageStore, putPackage, readBilled } from './package-store.ts';

export interface Packaging {
  readonly usage: UsageStore;
  readonly packages: PackageStore;
  readonly shards: number;
  readonly rules: PackagingRules;
  readonly nowMs: () => number;
}

const MAX_TRIES = 10;

/**
 * Packages what the daily records of a client hold beyond its earlier packages, and clears the usage mark unless
 * new usage came meanwhile. Returns the number of packages added; 0 where nothing is new.
 *
 * Earlier packages are read before the daily records, so the records are never behind what was billed; and a
 * package is put only while its revision is free and what it takes over is still open, so of two runs at once the
 * later one starts over.
 */
export async function packageClient(
  packaging: Packaging,
  period: HalfMonth,
  shard: number,
  mark: Mark,
  carries: readonly CarryOver[] = [],
): Promise<number> {
  const client = mark.of;
  const { packages, usage, rules } = packaging;
  let open = carries;
  let added = 0;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    if (tries > 0 && rules.carriesOver) open = await readCarries(packages, shard, client);
    const billed = await readBilled(packages, client, period);
    const daily = await Array.fromAsync(readDailyRecords(usage, client, period));
    const terms = { rules, open, unfinished: billed.unfinished };
    const toAdd = packagesToAdd(client, period, daily, billed.sums, billed.nextRevision, terms);
    let isOvertaken = false;
    for (const invoice of toAdd) {
      isOvertaken = !(await putPackage(packages, shard, invoice, packaging.nowMs()));
      if (isOvertaken) break;
      added += 1;
    }
    if (isOvertaken) continue;
    await clearUsageMark(usage, period, shard, mark);
    return added;
  }
  throw new Error(
    `other runs overtook the packaging of ${client} for ${period} ${MAX_TRIES} times`,
  );
}
