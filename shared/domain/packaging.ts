import type { HalfMonth } from './billing-period.ts';
import { foldUsage, type UsageSum } from './usage.ts';

/** One line of a package: what one day, meter, currency and source add. An adjustment changes what an earlier package billed. */
export interface PackageLine extends UsageSum {
  readonly kind: 'usage' | 'adjustment';
}

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

/**
 * What `daily` holds beyond `billed`, as the next packages, one per currency in the order of the codes.
 * Conserves exactly: billed + lines = daily for every key, whatever the order of the inputs.
 * `billed` are the lines of all earlier packages of this client and period, `nextRevision` the first free revision.
 */
export function packagesToAdd(
  client: string,
  period: HalfMonth,
  daily: Iterable<UsageSum>,
  billed: Iterable<UsageSum>,
  nextRevision: number,
): InvoicePackage[] {
  const byCurrency = Map.groupBy(linesToAdd(daily, billed), (line) => line.currency);
  return [...byCurrency.keys()].sort().map((currency, index) => {
    const lines = byCurrency.get(currency) as PackageLine[];
    const revision = nextRevision + index;
    return {
      id: invoiceIdOf(client, period, revision),
      client,
      period,
      revision,
      currency,
      lines,
      totalMicros: lines.reduce((total, line) => total + line.amountMicros, 0n),
    };
  });
}

function linesToAdd(daily: Iterable<UsageSum>, billed: Iterable<UsageSum>): PackageLine[] {
  const deducted = [...billed].map(negated);
  const kind = deducted.length === 0 ? 'usage' : 'adjustment';
  return [...foldUsage([...daily, ...deducted])]
    .filter(([, sum]) => sum.events !== 0 || sum.quantityMicros !== 0n || sum.amountMicros !== 0n)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, sum]) => ({ ...sum, kind }));
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
