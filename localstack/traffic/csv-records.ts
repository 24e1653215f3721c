import { parse } from 'csv-parse/sync';
import { type Line, MAX_LINE_BYTES } from './lines.ts';

/** A quoted field may hold line breaks, but a quote that is not closed must not swallow the rest of the file. */
const MAX_RECORD_LINES = 100;

export type CsvRecord =
  | { readonly line: number; readonly fields: readonly string[] }
  | { readonly line: number; readonly reason: string };

/**
 * The records of a CSV file (RFC 4180), each with the line on which it begins. All must have `width` fields, which the
 * first record decides where it is not given. Where a record cannot be read, only its first line is given up: the
 * lines behind it are read afresh, so one bad quote costs one line.
 */
export async function* readCsvRecords(
  lines: AsyncIterable<Line>,
  { delimiter = ',', width }: { delimiter?: string; width?: number } = {},
): AsyncGenerator<CsvRecord> {
  const source = new LineSource(lines);
  let fieldCount = width;
  for (let line = await source.next(); line; line = await source.next()) {
    if (line.isTooLong) {
      yield { line: line.number, reason: tooLong() };
      continue;
    }
    if (line.text.trim() === '') continue;
    const fields = line.text.includes('"')
      ? await quotedFields(line, source, delimiter, fieldCount)
      : line.text.split(delimiter);
    if (fields === undefined) {
      yield { line: line.number, reason: 'a quote is not closed or stands in the wrong place' };
      continue;
    }
    fieldCount ??= fields.length;
    yield fields.length === fieldCount
      ? { line: line.number, fields: fields.map((text) => text.trim()) }
      : {
          line: line.number,
          reason: `has ${counted(fields.length)} where ${fieldCount} are expected`,
        };
  }
}

export function tooLong(): string {
  return `is longer than ${MAX_LINE_BYTES} bytes`;
}

function counted(fields: number): string {
  return fields === 1 ? '1 field' : `${fields} fields`;
}

/** The fields of a record with quotes, taking further lines while a quote is open; undefined where none fit. */
async function quotedFields(
  first: Line,
  source: LineSource,
  delimiter: string,
  fieldCount: number | undefined,
): Promise<string[] | undefined> {
  const further: Line[] = [];
  let text = first.text;
  let quotes = quotesIn(text);
  while (quotes % 2 === 1 && further.length < MAX_RECORD_LINES && text.length < MAX_LINE_BYTES) {
    const line = await source.next();
    if (!line) break;
    further.push(line);
    text += `\n${line.text}`;
    quotes += quotesIn(line.text);
  }
  const fields = quotes % 2 === 0 ? parseOne(text, delimiter) : undefined;
  const isTaken =
    fields && (further.length === 0 || fields.length === (fieldCount ?? fields.length));
  if (isTaken) return fields;
  source.putBack(further);
  return undefined;
}

function quotesIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) count += 1;
  return count;
}

function parseOne(text: string, delimiter: string): string[] | undefined {
  try {
    const records = parse(text, { delimiter, record_delimiter: '\n', relax_column_count: true });
    return records.length === 1 ? records[0] : undefined;
  } catch {
    return undefined;
  }
}

class LineSource {
  readonly #lines: AsyncIterator<Line>;
  #pending: Line[] = [];

  constructor(lines: AsyncIterable<Line>) {
    this.#lines = lines[Symbol.asyncIterator]();
  }

  async next(): Promise<Line | undefined> {
    const pending = this.#pending.shift();
    if (pending) return pending;
    const result = await this.#lines.next();
    return result.done ? undefined : result.value;
  }

  putBack(lines: readonly Line[]): void {
    this.#pending.unshift(...lines);
  }
}
