import { readCsvRecords } from './csv-records.ts';
import type { Line } from './lines.ts';
import { readRfc3339 } from './times.ts';
import { faultOf, malformed, type Reading, shown, TrafficFileError } from './usage-row.ts';

/** Tollgate's own CSV: the header `id,client,meter,quantity,time` in any order, and where wanted `amount,currency`. */

const REQUIRED = ['id', 'client', 'meter', 'quantity', 'time'];
const OPTIONAL = ['amount', 'currency'];

/**
 * Whether the header is meant to be ours, and what is wrong with it then. A header with at least three of our columns, the
 * id among them, is taken for one of ours with a slip.
 */
export function checkHeader(columns: readonly string[]): { isOurs: boolean; fault?: string } {
  const missing = REQUIRED.filter((name) => !columns.includes(name));
  const extra = columns.filter((name) => ![...REQUIRED, ...OPTIONAL].includes(name));
  const repeated = columns.filter((name, index) => columns.indexOf(name) !== index);
  const isOurs = missing.length === 0 || (missing.length <= 2 && !missing.includes('id'));
  if (!isOurs) return { isOurs };
  if (missing.length > 0) return { isOurs, fault: `the header lacks ${missing.join(', ')}` };
  if (repeated.length > 0)
    return { isOurs, fault: `the header names ${repeated.join(', ')} twice` };
  if (extra.length > 0)
    return { isOurs, fault: `the header has columns of its own: ${extra.join(', ')}` };
  if (columns.includes('amount') !== columns.includes('currency')) {
    return { isOurs, fault: 'amount and currency belong together, the header has one of them' };
  }
  return { isOurs };
}

export async function* readUsageCsv(lines: AsyncIterable<Line>): AsyncGenerator<Reading> {
  let columns: readonly string[] | undefined;
  for await (const record of readCsvRecords(lines)) {
    if (columns) yield readRecord(record, columns);
    else if ('reason' in record) throw new TrafficFileError(`The header ${record.reason}.`);
    else columns = requireHeader(record.fields);
  }
}

function requireHeader(columns: readonly string[]): readonly string[] {
  const { isOurs, fault } = checkHeader(columns);
  if (!isOurs || fault) {
    throw new TrafficFileError(
      `This is not the header ${REQUIRED.join(',')}: ${fault ?? columns.join(',')}.`,
    );
  }
  return columns;
}

function readRecord(
  record: { line: number; fields: readonly string[] } | { line: number; reason: string },
  columns: readonly string[],
): Reading {
  const { line } = record;
  if ('reason' in record) return malformed(line, record.reason);
  const field = (name: string) => record.fields[columns.indexOf(name)] ?? '';
  const [amount, currency] = OPTIONAL.map(field);
  const fields = {
    id: field('id'),
    client: field('client'),
    meter: field('meter'),
    quantity: field('quantity'),
    ...(amount && { amount }),
    ...(currency && { currency }),
  };
  const fault = faultOf(fields);
  if (fault) return malformed(line, fault);
  const atMs = readRfc3339(field('time'));
  if (atMs === undefined) {
    return malformed(
      line,
      `time must be a time of RFC 3339 with its offset, such as 2026-11-21T12:00:00Z, not ${shown(field('time'))}`,
    );
  }
  return {
    type: 'rows',
    line,
    rows: [{ ...fields, occurredAt: new Date(atMs).toISOString(), line }],
  };
}
