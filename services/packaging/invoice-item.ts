import type { HalfMonth } from '#shared/domain/billing-period.ts';
import type { SkipReason } from '#shared/domain/carry-over.ts';
import type { InvoiceState } from '#shared/domain/invoice.ts';
import { formatAmount } from '#shared/domain/money.ts';
import type { InvoicePackage } from '#shared/domain/packaging.ts';
import { shardOf } from '#shared/domain/shard.ts';

/** Partitions of each index entry, so that no state and no period is one hot or huge partition. */
export const INDEX_BUCKETS = 16;

/**
 * A package as it lies in the invoices table, without its lines. The first block is frozen by packaging; the second
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
  /** How much of it the client has paid from its balance already. */
  readonly paidMicros: bigint;
  /** SHA-256 over the text of its lines, in hex. They lie beside it under a key that has it as well. */
  readonly linesSha256: string;
  /** It is not sent and leaves its total to the next package of the client in this currency. */
  readonly isLeft?: true;
  /** The next revision goes on with what the run had to bill in this currency; where it is missing, the run died before. */
  readonly isContinued?: true;
  /** The package in whose place a correction put this one. */
  readonly corrects?: string;
  readonly packagedAtMs: bigint;
  readonly periodPartition: string;
  /** Sorts the invoices of a half month by client and revision. */
  readonly clientRevision: string;

  readonly state: InvoiceState;
  readonly statePartition: string;
  readonly dueAtMs: bigint;
  /** Grows with every change of the second block: whoever holds an older one has lost its lease. */
  readonly version: bigint;
  readonly attempts: bigint;
  /** Requests to the invoice API about it, of all kinds, since a person last asked for them. */
  readonly calls: bigint;
  /** How many of them, the latest ones, are polls: questions since it was last taken. */
  readonly polls: bigint;
  /** When the first of these requests left; where its sender died, when that was found. */
  readonly begunAtMs?: bigint;
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
export type InvoiceHead = Omit<
  InvoiceItem,
  | 'paidMicros'
  | 'linesSha256'
  | 'isLeft'
  | 'isContinued'
  | 'corrects'
  | 'clientRevision'
  | 'calls'
  | 'polls'
  | 'begunAtMs'
  | 'history'
>;

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
    sk: `INVOICE#${period}#${sortedRevision(revision)}`,
  };
}

/** `#` occurs in no name of a client. */
export function clientRevisionOf(client: string, revision: number): string {
  return `${client}#${sortedRevision(revision)}`;
}

/** As long as the highest there is, so that texts sort as numbers. */
export function sortedRevision(revision: number | bigint): string {
  return String(revision).padStart(6, '0');
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

export function toInvoiceItem(
  invoice: InvoicePackage,
  linesSha256: string,
  nowMs: number,
  history: readonly HistoryEntry[],
): InvoiceItem {
  const { id, client, period, revision, currency, totalMicros, paidMicros, corrects } = invoice;
  const state: InvoiceState = invoice.skipReason ? 'skipped' : 'packaged';
  return {
    ...invoiceKeyOf(client, period, revision),
    id,
    client,
    period,
    revision: BigInt(revision),
    currency,
    totalMicros,
    paidMicros,
    linesSha256,
    ...(invoice.leaves && { isLeft: true }),
    ...(invoice.isContinued && { isContinued: true }),
    ...(corrects !== undefined && { corrects }),
    packagedAtMs: BigInt(nowMs),
    periodPartition: periodPartitionOf(period, client),
    clientRevision: clientRevisionOf(client, revision),
    state,
    statePartition: statePartitionOf(state, client),
    dueAtMs: BigInt(nowMs),
    version: 1n,
    attempts: 0n,
    calls: 0n,
    polls: 0n,
    history,
    ...(invoice.skipReason && {
      reason: invoice.skipReason,
      detail: whySkipped(invoice, invoice.skipReason),
    }),
    updatedAtMs: BigInt(nowMs),
  };
}

function whySkipped(invoice: InvoicePackage, reason: SkipReason): string {
  const { totalMicros, paidMicros, currency, leaves } = invoice;
  const amount = `${formatAmount(totalMicros < 0n ? -totalMicros : totalMicros)} ${currency}`;
  const next = leaves
    ? `the client's next package in ${currency} takes it over`
    : 'nobody collects it';
  const settled =
    paidMicros === 0n
      ? ''
      : ` Of the total, ${formatAmount(paidMicros)} ${currency} are paid from its balance already, and ${formatAmount(totalMicros - paidMicros)} are due.`;
  switch (reason) {
    case 'zero_total':
      return paidMicros === 0n
        ? 'There is nothing to collect: its lines sum up to zero.'
        : `Its lines sum up to zero; ${next}.${settled}`;
    case 'negative_total':
      return `More was given back than was used: ${amount} in favour of the client, which ${leaves ? `its next package in ${currency} takes over` : 'no invoice carries'}.${settled}`;
    case 'below_minimum':
      return `${amount} is less than the least amount that is invoiced; ${next}.${settled}`;
  }
}
