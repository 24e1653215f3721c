import type { HalfMonth } from './billing-period.ts';
import { type MeteredLine, type PackageLine, totalOf } from './package-line.ts';
import { type DailyRecord, foldUsage, type TreeHead, type UsageSum, usageKeyOf } from './usage.ts';

/** A frozen package: its lines never change, its id is a function of client, period and revision. */
export interface InvoicePackage {
  readonly id: string;
  readonly client: string;
  readonly period: HalfMonth;
  /** 1 for the first package of a client and period. */
  readonly revision: number;
  readonly currency: string;
  readonly lines: readonly PackageLine[];
  readonly totalMicros: bigint;
}

/** Most lines of one package; what goes beyond them continues in the next revision. With the longest names they take half of a DynamoDB item; the other half is for its history. */
export const MAX_PACKAGE_LINES = 400;

/**
 * What `daily` holds beyond `billed`, as the next packages: one currency each, in the order of the codes.
 * Conserves exactly: billed + lines = daily for every key, whatever the order of the inputs.
 * `billed` is what the lines bill of all earlier packages of this client and period, `nextRevision` the first free revision.
 */
export function packagesToAdd(
  client: string,
  period: HalfMonth,
  daily: Iterable<DailyRecord>,
  billed: Iterable<UsageSum>,
  nextRevision: number,
): InvoicePackage[] {
  return linesToAdd(daily, billed).map((lines, index) => {
    const revision = nextRevision + index;
    return {
      id: invoiceIdOf(client, period, revision),
      client,
      period,
      revision,
      currency: (lines[0] as MeteredLine).currency,
      lines,
      totalMicros: totalOf(lines),
    };
  });
}

/** The lines of each package to add. The first lines of a currency are usage, all later ones adjust what was billed; what was given back is a credit at any time. */
function linesToAdd(
  dailyRecords: Iterable<DailyRecord>,
  billed: Iterable<UsageSum>,
): MeteredLine[][] {
  const daily = [...dailyRecords];
  const trees = new Map(daily.map((record) => [usageKeyOf(record), record.tree]));
  const deducted = [...billed].map(negated);
  const billedCurrencies = new Set(deducted.map((line) => line.currency));
  const open = [...foldUsage([...daily, ...deducted])]
    .filter(([, sum]) => sum.events !== 0 || sum.quantityMicros !== 0n || sum.amountMicros !== 0n)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, sum]) => sum);
  const byCurrency = Map.groupBy(open, (sum) => sum.currency);
  return [...byCurrency.keys()].sort().flatMap((currency) => {
    const isLater = billedCurrencies.has(currency);
    const lines = (byCurrency.get(currency) ?? []).map((sum) =>
      lineOf(sum, isLater, trees.get(usageKeyOf(sum))),
    );
    return Array.from({ length: Math.ceil(lines.length / MAX_PACKAGE_LINES) }, (_, index) =>
      lines.slice(index * MAX_PACKAGE_LINES, (index + 1) * MAX_PACKAGE_LINES),
    );
  });
}

/** The order of its fields is that of the frozen text. */
function lineOf(sum: UsageSum, isLater: boolean, tree: TreeHead | undefined): MeteredLine {
  const { client, day, meter, currency, source, events, quantityMicros, amountMicros } = sum;
  const kind = source === 'reversal' ? 'credit' : isLater ? 'adjustment' : 'usage';
  return {
    kind,
    ...{ client, day, meter, currency, source, events, quantityMicros, amountMicros },
    ...(tree && { tree }),
  };
}

function negated(sum: UsageSum): UsageSum {
  return {
    ...sum,
    events: -sum.events,
    quantityMicros: -sum.quantityMicros,
    amountMicros: -sum.amountMicros,
  };
}

/** `<period>.<revision>.<client>`: readable, and parsed back without a look-up. */
export function invoiceIdOf(client: string, period: HalfMonth, revision: number): string {
  return `${period}.${revision}.${client}`;
}

const INVOICE_ID = /^(\d{4}-\d{2}-H[12])\.([1-9]\d{0,5})\.(.+)$/;

/** The parts of an invoice id, or undefined for a text that is none. */
export function parseInvoiceId(
  id: string,
): { client: string; period: HalfMonth; revision: number } | undefined {
  const match = INVOICE_ID.exec(id);
  if (!match) return undefined;
  const [, period, revision, client] = match as unknown as [string, string, string, string];
  return { client, period, revision: Number(revision) };
}
