import { createHash } from 'node:crypto';
import { parseMicros } from '#shared/domain/money.ts';
import { accessLogColumns, readAccessLogLine } from './access-log.ts';
import { readCloudEvents } from './cloud-events.ts';
import { readCsvRecords, tooLong } from './csv-records.ts';
import { detectLayout, type Layout, layoutOf } from './detect-layout.ts';
import { type Line, readLines } from './lines.ts';
import { type FieldMapper, mapperOf } from './map-fields.ts';
import { type Mapping, requireColumns } from './mapping.ts';
import { readUsageCsv } from './usage-csv.ts';
import { malformed, type Reading, TrafficFileError, type UsageRow } from './usage-row.ts';

const SHOWN_MALFORMED = 20;

export interface MeterSum {
  readonly events: number;
  readonly quantityMicros: bigint;
}

/** What a first pass over a file found. Nothing of the file's size is kept, but its clients are counted by name. */
export interface Inspection {
  readonly path: string;
  readonly layout: Layout;
  /** How the file is read, in a sentence. */
  readonly sentence: string;
  /** The first 12 hex digits of the SHA-256 of the unzipped content; ids made from line numbers begin with it. */
  readonly digest: string;
  /** Events that the file gives; a line may give several. */
  readonly rows: number;
  /** Lines that the mapping leaves out. */
  readonly filtered: number;
  readonly malformedCount: number;
  /** The first 20 of them. */
  readonly malformed: readonly { readonly line: number; readonly reason: string }[];
  readonly clients: number;
  readonly meters: ReadonlyMap<string, MeterSum>;
  /** The earliest and the latest time, RFC 3339; absent where there is no row. Files need not be in order. */
  readonly firstAt?: string;
  readonly lastAt?: string;
}

/** Reads the whole file once and keeps nothing but sums. `mapping` is a loaded one, the name of a bundled one or a path. */
export async function inspectFile(path: string, mapping?: Mapping | string): Promise<Inspection> {
  const { layout, sentence } =
    mapping === undefined ? await detectLayout(path) : await withMapping(path, mapping);
  const hash = createHash('sha256');
  const clients = new Set<string>();
  const meters = new Map<string, { events: number; quantityMicros: bigint }>();
  const faults: { line: number; reason: string }[] = [];
  let [rows, filtered, malformedCount] = [0, 0, 0];
  let firstAt: string | undefined;
  let lastAt: string | undefined;

  const lines = readLines(path, (bytes) => hash.update(bytes));
  // The digest is known only at the end of this pass; ids of equal length stand in for the real ones.
  for await (const reading of readingsOf(lines, layout, '0'.repeat(12))) {
    if (reading.type === 'filtered') filtered += 1;
    else if (reading.type === 'malformed') {
      malformedCount += 1;
      if (faults.length < SHOWN_MALFORMED)
        faults.push({ line: reading.line, reason: reading.reason });
    } else {
      for (const row of reading.rows) {
        rows += 1;
        clients.add(row.client);
        const sum = meters.get(row.meter) ?? { events: 0, quantityMicros: 0n };
        sum.events += 1;
        sum.quantityMicros += parseMicros(row.quantity) as bigint;
        meters.set(row.meter, sum);
        if (firstAt === undefined || row.occurredAt < firstAt) firstAt = row.occurredAt;
        if (lastAt === undefined || row.occurredAt > lastAt) lastAt = row.occurredAt;
      }
    }
  }
  return {
    path,
    layout,
    sentence,
    digest: hash.digest('hex').slice(0, 12),
    rows,
    filtered,
    malformedCount,
    malformed: faults,
    clients: clients.size,
    meters,
    ...(firstAt !== undefined && { firstAt }),
    ...(lastAt !== undefined && { lastAt }),
  };
}

/** The second pass: the rows of an inspected file. Throws before the first row where lines are malformed and skipping was not asked for. */
export async function* readRows(
  inspection: Inspection,
  { skipMalformed = false }: { skipMalformed?: boolean } = {},
): AsyncGenerator<UsageRow> {
  if (inspection.malformedCount > 0 && !skipMalformed) {
    throw new TrafficFileError(describeMalformed(inspection).join('\n'));
  }
  const hash = createHash('sha256');
  const lines = readLines(inspection.path, (bytes) => hash.update(bytes));
  for await (const reading of readingsOf(lines, inspection.layout, inspection.digest)) {
    if (reading.type === 'rows') yield* reading.rows;
  }
  if (hash.digest('hex').slice(0, 12) !== inspection.digest) {
    throw new TrafficFileError(`${inspection.path} has changed while it was being read.`);
  }
}

/** The malformed lines for a person: a heading, the first 20 with line numbers and reasons, and how many more; empty where there are none. */
export function describeMalformed({
  path,
  malformed: faults,
  malformedCount,
}: Inspection): string[] {
  if (malformedCount === 0) return [];
  const more = malformedCount - faults.length;
  return [
    `${malformedCount} malformed ${malformedCount === 1 ? 'line' : 'lines'} in ${path}:`,
    ...faults.map(({ line, reason }) => `  line ${line}: ${reason}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}

async function withMapping(path: string, mapping: Mapping | string) {
  const layout = await layoutOf(mapping);
  const name = typeof mapping === 'string' ? mapping : mapping.name;
  return { layout, sentence: `${path} is read with the mapping ${name}.` };
}

function readingsOf(
  lines: AsyncIterable<Line>,
  layout: Layout,
  digest: string,
): AsyncGenerator<Reading> {
  if (layout.type === 'usage-csv') return readUsageCsv(lines);
  if (layout.type === 'cloud-events') return readCloudEvents(lines);
  return layout.mapping.format === 'csv'
    ? readMappedCsv(lines, layout.mapping, digest)
    : readMappedLog(lines, layout.mapping, digest);
}

async function* readMappedCsv(
  lines: AsyncIterable<Line>,
  mapping: Extract<Mapping, { format: 'csv' }>,
  digest: string,
): AsyncGenerator<Reading> {
  let mapper: FieldMapper | undefined;
  if (mapping.columns) mapper = mapperOf(mapping, mapping.columns, digest);
  const records = readCsvRecords(lines, {
    ...(mapping.delimiter !== undefined && { delimiter: mapping.delimiter }),
    ...(mapping.columns && { width: mapping.columns.length }),
  });
  for await (const record of records) {
    if (!mapper) {
      if ('reason' in record) throw new TrafficFileError(`The header ${record.reason}.`);
      requireColumns(mapping, record.fields, 'the file');
      mapper = mapperOf(mapping, record.fields, digest);
    } else if ('reason' in record) yield malformed(record.line, record.reason);
    else yield mapper(record.fields, record.line);
  }
}

async function* readMappedLog(
  lines: AsyncIterable<Line>,
  mapping: Extract<Mapping, { format: 'access-log' }>,
  digest: string,
): AsyncGenerator<Reading> {
  const mapper = mapperOf(mapping, accessLogColumns(mapping.layout), digest);
  for await (const { number, text, isTooLong } of lines) {
    if (isTooLong) yield malformed(number, tooLong());
    else if (text.trim() !== '') {
      const fields = readAccessLogLine(text, mapping.layout);
      yield fields
        ? mapper(fields, number)
        : malformed(number, `is no line of an access log in the ${mapping.layout} format`);
    }
  }
}
