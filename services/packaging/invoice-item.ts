import { createHash } from 'node:crypto';
import type { HalfMonth } from '#shared/domain/billing-period.ts';
import { toExactJson } from '#shared/domain/exact-json.ts';
import type { InvoiceState } from '#shared/domain/invoice.ts';
import { formatAmount } from '#shared/domain/money.ts';
import { isMeteredLine, type PackageLine } from '#shared/domain/package-line.ts';
import type { InvoicePackage } from '#shared/domain/packaging.ts';
import { shardOf } from '#shared/domain/shard.ts';

/** Partitions of each index entry, so that no state and no period is one hot or huge partition. */
export const INDEX_BUCKETS = 16;

/**
 * A package as it lies in the invoices table. The first block is frozen by packaging; the second
 * belongs to invoicing, which alone changes it, always under `version`.
 */
export interface InvoiceItem {
  readonly pk: string;
  readonly sk: string;
  readonly id: string;
  readonly client: string;
  readonly period: HalfMonth;
  readonly revision: bigint;
  readonly currency: string;
  readonly totalMicros: bigint;
  /** JSON of the lines, amounts and quantities as strings of micro-units. */
  readonly lines: string;
  /** SHA-256 over the text in `lines`, in hex. Packages that are older than it have none. */
  readonly linesSha256?: string;
  readonly packagedAtMs: bigint;
  readonly periodPartition: string;

  readonly state: InvoiceState;
  readonly statePartition: string;
  readonly dueAtMs: bigint;
  /** Grows with every change of the second block: whoever holds an older one has lost its lease. */
  readonly version: bigint;
  readonly attempts: bigint;
  readonly history: readonly HistoryEntry[];
  readonly reason?: string;
  readonly detail?: string;
  /** The later package of this client that took over what this one was not to collect. */
  readonly carriedTo?: string;
  /** The revision that a correction put in its place. */
  readonly supersededBy?: string;
  readonly updatedAtMs: bigint;
}

/** An item without what only its own page shows. */
export type InvoiceHead = Omit<InvoiceItem, 'lines' | 'linesSha256' | 'history'>;

/** One call to the invoice API, or one wish of a person. Appended, never changed. */
export interface HistoryEntry {
  readonly atMs: bigint;
  readonly call: 'submit' | 'look_up' | 'poll' | 'retry' | 'correct';
  readonly answer: string;
  readonly detail?: string;
  readonly latencyMs?: bigint;
}

export function invoiceKeyOf(client: string, period: HalfMonth, revision: number) {
  return {
    pk: `CLIENT#${client}`,
    sk: `INVOICE#${period}#${String(revision).padStart(6, '0')}`,
  };
}

export function statePartitionOf(state: InvoiceState, client: string): string {
  return partitionOf(state, bucketOf(client));
}

export function periodPartitionOf(period: HalfMonth, client: string): string {
  return partitionOf(period, bucketOf(client));
}

/** All partitions of an index that hold entries of `prefix`, a state or a half month. */
export function partitionsOf(prefix: string): string[] {
  return Array.from({ length: INDEX_BUCKETS }, (_, bucket) => partitionOf(prefix, bucket));
}

function partitionOf(prefix: string, bucket: number): string {
  return `${prefix}#${String(bucket).padStart(2, '0')}`;
}

function bucketOf(client: string): number {
  return shardOf(client, INDEX_BUCKETS);
}

/** A package that has nothing to collect rests as `skipped` from the start; every other is due at once. */
export function toInvoiceItem(invoice: InvoicePackage, nowMs: number): InvoiceItem {
  const { id, client, period, revision, currency, totalMicros } = invoice;
  const text = toExactJson(invoice.lines);
  const state: InvoiceState = totalMicros > 0n ? 'packaged' : 'skipped';
  return {
    ...invoiceKeyOf(client, period, revision),
    id,
    client,
    period,
    revision: BigInt(revision),
    currency,
    totalMicros,
    lines: text,
    linesSha256: sha256Of(text),
    packagedAtMs: BigInt(nowMs),
    periodPartition: periodPartitionOf(period, client),
    state,
    statePartition: statePartitionOf(state, client),
    dueAtMs: BigInt(nowMs),
    version: 1n,
    attempts: 0n,
    history: [],
    ...(state === 'skipped' && whyNothing(invoice)),
    updatedAtMs: BigInt(nowMs),
  };
}

function whyNothing({
  totalMicros,
  currency,
}: InvoicePackage): Pick<InvoiceItem, 'reason' | 'detail'> {
  if (totalMicros === 0n) return { reason: 'zero_total' };
  const credit = formatAmount(-totalMicros);
  return {
    reason: 'negative_total',
    detail: `More was given back than was used: ${credit} ${currency} in favour of the client, which no invoice carries.`,
  };
}

/** The lines of an item, as they were frozen. */
export function decodeLines(json: string): PackageLine[] {
  const lines = JSON.parse(json) as PackageLine[];
  return lines.map((line) =>
    isMeteredLine(line)
      ? {
          ...line,
          quantityMicros: BigInt(line.quantityMicros),
          amountMicros: BigInt(line.amountMicros),
        }
      : { ...line, amountMicros: BigInt(line.amountMicros) },
  );
}

/** Whether the lines of an item are still those that were frozen, as far as it tells. */
export function isIntact({ lines, linesSha256 }: Pick<InvoiceItem, 'lines' | 'linesSha256'>) {
  return linesSha256 === undefined || linesSha256 === sha256Of(lines);
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
