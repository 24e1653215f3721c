import type { HalfMonth } from '#shared/domain/billing-period.ts';
import { type PackagingRules, PLAIN_RULES } from '#shared/domain/carry-over.ts';
import { linksOf, type Ties } from '#shared/domain/package-invariants.ts';
import { meteredSums } from '#shared/domain/package-line.ts';
import { shardOf } from '#shared/domain/shard.ts';
import { foldUsage, type UsageSum } from '#shared/domain/usage.ts';
import { createOwnTable, type OwnTable } from '#shared/testing/own-table.ts';
import {
  dailyItem,
  markedPeriodItem,
  periodItem,
  usageMarkItem,
} from '#shared/testing/stored-usage.ts';
import { type CarryMark, isCarryMark } from '../carry-store.ts';
import {
  type FrozenPackage,
  isPackedLines,
  linesKeyOf,
  type PackedLines,
  storedPackage,
  unpackLines,
} from '../frozen-package.ts';
import type { InvoiceItem } from '../invoice-item.ts';
import type { Packaging } from '../package-client.ts';

export const SHARDS = 8;
export const PERIOD: HalfMonth = '2026-11-H1';
export const NOW_MS = Date.parse('2026-11-16T12:00:00Z');

export interface PackagingTables {
  readonly usage: OwnTable;
  readonly invoices: OwnTable;
  /** Puts daily records and says that their clients have something to package, as a roll-up does. */
  readonly rollUp: (sums: readonly UsageSum[], period?: HalfMonth) => Promise<void>;
  readonly packaging: (dynamo?: OwnTable['dynamo'], rules?: PackagingRules) => Packaging;
  /** The packages as they lie in the table, by client and revision. */
  readonly packages: () => Promise<InvoiceItem[]>;
  /** The same with their lines. */
  readonly frozen: () => Promise<FrozenPackage[]>;
  /** All that lies beside packages. */
  readonly packed: () => Promise<PackedLines[]>;
  /** What all packages bill, and how many lines that takes. */
  readonly billed: () => Promise<{ sums: Map<string, UsageSum>; lines: number }>;
  /** What is left of packages and not yet taken over. */
  readonly carries: () => Promise<CarryMark[]>;
  readonly ties: () => Promise<Ties>;
  /** The clients that still have something to package. */
  readonly marked: () => Promise<string[]>;
  readonly remove: () => Promise<void>;
}

export async function createPackagingTables(): Promise<PackagingTables> {
  const [usage, invoices] = await Promise.all([
    createOwnTable('usage'),
    createOwnTable('invoices', [
      ['by-state', 'statePartition', 'dueAtMs', 'N'],
      ['by-period', 'periodPartition', 'clientRevision', 'S'],
    ]),
  ]);
  const all = () => invoices.items<InvoiceItem & Record<string, unknown>>();
  const packages = async () =>
    (await all()).filter((item) => !isCarryMark(item) && !isPackedLines(item));
  const packed = async () => (await all()).filter(isPackedLines) as unknown as PackedLines[];
  const frozen = async () => {
    const byKey = new Map((await packed()).map((lines) => [`${lines.pk} ${lines.sk}`, lines]));
    return (await packages()).map((item) => {
      const { pk, sk } = linesKeyOf(item);
      return { item, packed: byKey.get(`${pk} ${sk}`) };
    });
  };
  const carries = async () => (await all()).filter(isCarryMark) as unknown as CarryMark[];
  return {
    usage,
    invoices,
    packages,
    frozen,
    packed,
    async rollUp(sums, period = PERIOD) {
      const clients = [...new Set(sums.map(({ client }) => client))];
      await usage.put(...sums.map(dailyItem));
      await usage.put(periodItem(period));
      await usage.put(
        ...clients.map((client) => usageMarkItem(period, shardOf(client, SHARDS), client)),
      );
      await usage.put(markedPeriodItem(period));
    },
    packaging: (dynamo = usage.dynamo, rules = PLAIN_RULES) => ({
      usage: { dynamo, table: usage.table },
      packages: { dynamo, table: invoices.table },
      shards: SHARDS,
      rules,
      nowMs: () => NOW_MS,
    }),
    async billed() {
      const standing = (await frozen()).filter(({ item }) => item.state !== 'superseded');
      const lines = standing.flatMap((each) => meteredSums(unpackLines(each).lines));
      return { sums: foldUsage(lines), lines: lines.length };
    },
    carries,
    async ties() {
      const links = (await frozen()).flatMap((each) => linksOf(storedPackage(each)) ?? []);
      return { links: new Map(links.map((link) => [link.id, link])), marks: await carries() };
    },
    async marked() {
      const items = await usage.items<{ pk: string; sk: string }>();
      return items.filter(({ pk }) => pk.startsWith('USAGE#')).map(({ sk }) => sk);
    },
    async remove() {
      await Promise.all([usage.remove(), invoices.remove()]);
    },
  };
}

export function usageSum(changes: Partial<UsageSum> = {}): UsageSum {
  return {
    client: 'acme',
    day: '2026-11-03',
    meter: 'sms',
    currency: 'EUR',
    source: 'postpaid',
    events: 2,
    quantityMicros: 3_000_000n,
    amountMicros: 150_000n,
    ...changes,
  };
}

/** What a half month of some clients comes to: several days, meters, currencies and sources. */
export function usageOfClients(clients: readonly string[]): UsageSum[] {
  return clients.flatMap((client, index) => [
    usageSum({ client, day: '2026-11-01', amountMicros: BigInt(index + 1) }),
    usageSum({ client, day: '2026-11-15' }),
    usageSum({ client, meter: 'api.calls', source: 'prepaid' }),
    usageSum({ client, currency: 'USD', amountMicros: 7n }),
  ]);
}
