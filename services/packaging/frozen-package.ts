import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { toExactJson } from '#shared/domain/exact-json.ts';
import type { StoredPackage } from '#shared/domain/package-invariants.ts';
import { isMeteredLine, type PackageLine } from '#shared/domain/package-line.ts';
import type { InvoicePackage } from '#shared/domain/packaging.ts';
import {
  type HistoryEntry,
  type InvoiceItem,
  sortedRevision,
  toInvoiceItem,
} from './invoice-item.ts';

/**
 * The lines of a package. They lie beside its item, in one of their own: DynamoDB counts the whole item at each write,
 * and an invoice changes its state many times and its lines never. The hash of their text is part of the key, so
 * whoever writes to a key writes the same.
 */
export interface PackedLines {
  readonly pk: string;
  readonly sk: string;
  /** JSON of the lines, amounts and quantities as strings of micro-units; gzip. */
  readonly lines: Uint8Array;
}

/** A package as it lies in the invoices table; without lines it is damaged. */
export interface FrozenPackage {
  readonly item: InvoiceItem;
  readonly packed: PackedLines | undefined;
}

/** The lines that lie with a package are not those that were frozen. */
export class DamagedLinesError extends Error {
  constructor(id: string, why: string, cause?: unknown) {
    super(`the lines of ${id} ${why}`, { cause });
    this.name = 'DamagedLinesError';
  }
}

/** An item holds 400 KB, its names and key included: so much fits even if nothing of it can be compressed. */
export const MAX_LINES_BYTES = 399 * 1_024;

const LINES = 'LINES#';

export function isPackedLines(item: { readonly sk: string }): boolean {
  return item.sk.startsWith(LINES);
}

/** What the sort keys of all lines of a half month begin with. */
export function linesOfPeriod(period: string): string {
  return `${LINES}${period}#`;
}

export function linesKeyOf({
  pk,
  period,
  revision,
  linesSha256,
}: Pick<InvoiceItem, 'pk' | 'period' | 'revision' | 'linesSha256'>) {
  return { pk, sk: `${linesOfPeriod(period)}${sortedRevision(revision)}#${linesSha256}` };
}

/** A package that is not sent rests as `skipped` from the start; every other is due at once. */
export function freezePackage(
  invoice: InvoicePackage,
  nowMs: number,
  history: readonly HistoryEntry[] = [],
): FrozenPackage & { readonly packed: PackedLines } {
  const text = toExactJson(invoice.lines);
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_LINES_BYTES) {
    throw new RangeError(
      `the lines of ${invoice.id} take ${bytes} bytes, more than the ${MAX_LINES_BYTES} that an item is sure to hold`,
    );
  }
  const item = toInvoiceItem(invoice, sha256Of(text), nowMs, history);
  return { item, packed: { ...linesKeyOf(item), lines: gzipSync(text) } };
}

/** The lines as they were frozen, and their text, byte by byte. Throws `DamagedLinesError`. */
export function unpackLines({ item, packed }: FrozenPackage): {
  readonly lines: PackageLine[];
  readonly text: string;
} {
  if (!packed) throw new DamagedLinesError(item.id, 'are missing');
  const text = textOf(item, packed);
  if (sha256Of(text) !== item.linesSha256) {
    throw new DamagedLinesError(item.id, 'are not those that its hash was made of');
  }
  try {
    return { lines: decodeLines(text), text };
  } catch (cause) {
    throw new DamagedLinesError(item.id, 'are no lines', cause);
  }
}

function textOf({ id }: InvoiceItem, { lines }: PackedLines): string {
  try {
    // What is damaged may say that it is larger than any package.
    return gunzipSync(lines, { maxOutputLength: MAX_LINES_BYTES }).toString('utf8');
  } catch (cause) {
    throw new DamagedLinesError(id, 'cannot be unpacked', cause);
  }
}

function decodeLines(json: string): PackageLine[] {
  const lines = JSON.parse(json) as PackageLine[];
  return lines.map((line) => {
    const amountMicros = BigInt(line.amountMicros);
    if (isMeteredLine(line)) {
      return { ...line, quantityMicros: BigInt(line.quantityMicros), amountMicros };
    }
    if (line.kind === 'correction') return { ...line, amountMicros };
    return { ...line, amountMicros, paidMicros: BigInt(line.paidMicros) };
  });
}

/** A package as the invariants see it. Throws `DamagedLinesError`. */
export function storedPackage(frozen: FrozenPackage): StoredPackage {
  const { id, client, currency, state, totalMicros, paidMicros } = frozen.item;
  const { isLeft, carriedTo, corrects, supersededBy } = frozen.item;
  return {
    ...{ id, client, currency, state, totalMicros, paidMicros },
    ...{ isLeft, carriedTo, corrects, supersededBy },
    lines: unpackLines(frozen).lines,
  };
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
