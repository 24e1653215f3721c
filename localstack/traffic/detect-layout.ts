import { readAccessLogLine } from './access-log.ts';
import { readCsvRecords } from './csv-records.ts';
import { type Line, readLines } from './lines.ts';
import { bundledMappingNames, loadBundledMappings, loadMapping, type Mapping } from './mapping.ts';
import { checkHeader } from './usage-csv.ts';
import { TrafficFileError } from './usage-row.ts';

/** How a file is to be read. */
export type Layout =
  | { readonly type: 'usage-csv' }
  | { readonly type: 'cloud-events' }
  | { readonly type: 'mapped'; readonly mapping: Mapping };

/** Enough to see what a file is, though some of its first lines be malformed. */
const SAMPLE_LINES = 20;

/** Decides by the first lines. `sentence` says what was recognised, for the person who gave the file. */
export async function detectLayout(path: string): Promise<{ layout: Layout; sentence: string }> {
  const sample = await firstLines(path);
  const [first] = sample;
  if (!first) throw new TrafficFileError(`${path} holds no line.`);

  const header = await headerOf(first);
  const { isOurs, fault } = checkHeader(header);
  if (isOurs && !fault) {
    return {
      layout: { type: 'usage-csv' },
      sentence: `${path} is usage CSV (${header.join(',')}).`,
    };
  }

  const bundled = await loadBundledMappings();
  const byHeader = bundled.find(
    (mapping) => mapping.format === 'csv' && mapping.recognise?.join() === header.join(),
  );
  if (byHeader) return mapped(path, byHeader, 'by its header');

  if (sample.some((line) => line.text.trimStart().startsWith('{'))) {
    return { layout: { type: 'cloud-events' }, sentence: `${path} is NDJSON of CloudEvents.` };
  }
  for (const layout of ['combined', 'common'] as const) {
    const isLog = sample.some((line) => readAccessLogLine(line.text, layout));
    const byLine = bundled.find(
      (mapping) => mapping.format === 'access-log' && mapping.layout === layout,
    );
    if (isLog && byLine) return mapped(path, byLine, `as an access log in the ${layout} format`);
  }
  throw new TrafficFileError(`${path} cannot be read by itself: ${guess(first.text, header, fault)}.
Give MAPPING=…: one of ${bundledMappingNames().join(', ')}, or the path of a mapping file of your own (localstack/traffic/README.md).`);
}

export async function layoutOf(mapping: Mapping | string): Promise<Layout> {
  const loaded = typeof mapping === 'string' ? await loadMapping(mapping) : mapping;
  return { type: 'mapped', mapping: loaded };
}

function mapped(path: string, mapping: Mapping, how: string) {
  return {
    layout: { type: 'mapped', mapping } as const,
    sentence: `${path} was recognised ${how}: read with the bundled mapping ${mapping.name}.`,
  };
}

function guess(text: string, header: readonly string[], fault: string | undefined): string {
  if (fault) return `it looks like usage CSV, but ${fault}`;
  if (text.trimStart().startsWith('[')) {
    return 'it looks like a JSON array, and events must stand one on a line (NDJSON)';
  }
  if (/\[\d{2}\/[A-Z][a-z]{2}\/\d{4}:/.test(text)) {
    return 'it looks like an access log, but neither in the common nor in the combined format';
  }
  if (header.length > 1 || /[;\t|]/.test(text)) return 'it looks like CSV with other columns';
  return 'its first line is neither a CSV header, nor JSON, nor a line of an access log';
}

async function firstLines(path: string): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const line of readLines(path)) {
    if (line.text.trim() !== '') lines.push(line);
    if (lines.length === SAMPLE_LINES) break;
  }
  return lines;
}

async function headerOf(line: Line): Promise<readonly string[]> {
  async function* justThisLine() {
    yield line;
  }
  for await (const record of readCsvRecords(justThisLine())) {
    return 'fields' in record ? record.fields : [];
  }
  return [];
}
