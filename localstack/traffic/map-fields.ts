import { decimalText, multiply, readDecimal, roundTo } from './decimals.ts';
import type { EventForm, Mapping, NumberForm, TimeForm } from './mapping.ts';
import { readCommonLogTime, readCount, readLocalTime, readRfc3339 } from './times.ts';
import { faultOf, malformed, type Reading, shown, type UsageRow } from './usage-row.ts';

/** Turns the fields of one line into what the mapping makes of them. */
export type FieldMapper = (fields: readonly string[], line: number) => Reading;

type Read<T> = (fields: readonly string[]) => T;
type NumberRead = { readonly text: string } | { readonly reason: string };

/**
 * Prepares a mapping for a file with these columns, all of which must have been checked to be there.
 * `fileDigest` stands for the content of the file in ids made from line numbers: the same file read again
 * gives the same ids, plain or zipped and whatever its name.
 */
export function mapperOf(
  mapping: Mapping,
  columns: readonly string[],
  fileDigest: string,
): FieldMapper {
  const readerOf = (name: string): Read<string> => {
    const index = columns.indexOf(name);
    return (fields) => fields[index] as string;
  };
  const isBilled = filterOf(mapping, readerOf);
  const clientOf = clientReader(mapping, readerOf);
  const timeOf = timeReader(mapping.time, readerOf(mapping.time.column));
  const eventReaders = mapping.events.map((form) =>
    eventReader(form, mapping.zeros ?? [], readerOf),
  );
  const idOf = idReader(mapping, fileDigest, readerOf);

  return (fields, line) => {
    if (!isBilled(fields)) return { type: 'filtered', line };
    const atMs = timeOf(fields);
    if (atMs === undefined) return malformed(line, timeFault(mapping.time, fields, readerOf));
    const client = clientOf(fields);
    if (client === undefined)
      return malformed(line, 'the client is no whole number, as its modulo needs');
    const idHead = idOf(fields, line);
    if (idHead === undefined)
      return malformed(line, `the id cannot be made: ${mapping.id} is empty`);
    const rows: UsageRow[] = [];
    for (const readEvent of eventReaders) {
      const event = readEvent(fields);
      if ('reason' in event) return malformed(line, event.reason);
      const row = { id: `${idHead}:${event.meter}`, client, ...event };
      const fault = faultOf(row);
      if (fault) return malformed(line, fault);
      rows.push({ ...row, occurredAt: new Date(atMs).toISOString(), line });
    }
    return { type: 'rows', line, rows };
  };
}

type ReaderOf = (column: string) => Read<string>;

function filterOf(mapping: Mapping, readerOf: ReaderOf): Read<boolean> {
  const filters = (mapping.only ?? []).map((filter) => {
    const read = readerOf(filter.column);
    return (fields: readonly string[]) =>
      filter.in.some((pattern) => matches(read(fields), pattern));
  });
  return (fields) => filters.every((isKept) => isKept(fields));
}

/** A pattern is the value itself, a class of statuses (`2xx`) or a range of whole numbers, both ends included (`200-399`). */
function matches(value: string, pattern: string): boolean {
  if (value === pattern) return true;
  if (/^\dxx$/.test(pattern)) return /^\d{3}$/.test(value) && value[0] === pattern[0];
  const range = /^(\d+)-(\d+)$/.exec(pattern);
  if (!range || !/^\d{1,15}$/.test(value)) return false;
  return Number(value) >= Number(range[1]) && Number(value) <= Number(range[2]);
}

/** The part of an id that all events of a line share. Columns are escaped, so that no two lists of them give the same id. */
function idReader(
  { id }: Mapping,
  fileDigest: string,
  readerOf: ReaderOf,
): (fields: readonly string[], line: number) => string | undefined {
  if (id === 'line') return (_fields, line) => `${fileDigest}:${line}`;
  const readers = id.map(readerOf);
  return (fields) => {
    const parts = readers.map((read) => encodeURIComponent(read(fields)));
    return parts.includes('') ? undefined : parts.join(':');
  };
}

function clientReader(mapping: Mapping, readerOf: ReaderOf): Read<string | undefined> {
  const form = mapping.client;
  if (typeof form === 'string') return () => form;
  const { prefix = '', modulo } = form;
  const read = readerOf(form.column);
  if (modulo === undefined) return (fields) => prefix + read(fields);
  return (fields) => {
    const value = read(fields);
    return /^\d{1,30}$/.test(value) ? `${prefix}${BigInt(value) % BigInt(modulo)}` : undefined;
  };
}

function timeReader(form: TimeForm, read: Read<string>): Read<number | undefined> {
  switch (form.form) {
    case 'rfc3339':
      return (fields) => readRfc3339(read(fields));
    case 'common-log':
      return (fields) => readCommonLogTime(read(fields));
    case 'epoch-s':
      return (fields) => readCount(read(fields), 1000, 0);
    case 'epoch-ms':
      return (fields) => readCount(read(fields), 1, 0);
    case 'local':
      return (fields) => readLocalTime(read(fields), form.zone);
    case 'ms-after': {
      const startMs = readRfc3339(form.start) as number;
      return (fields) => readCount(read(fields), 1, startMs);
    }
  }
}

function timeFault(form: TimeForm, fields: readonly string[], readerOf: ReaderOf): string {
  return `${form.column} is no time of the form ${form.form}: ${shown(readerOf(form.column)(fields))}`;
}

interface EventRead {
  readonly meter: string;
  readonly quantity: string;
  readonly amount?: string;
  readonly currency?: string;
}

function eventReader(
  form: EventForm,
  zeros: readonly string[],
  readerOf: ReaderOf,
): Read<EventRead | { readonly reason: string }> {
  const textReader = (part: string | { column: string }): Read<string> =>
    typeof part === 'string' ? () => part : readerOf(part.column);
  const meterOf = textReader(form.meter);
  const quantityOf = numberReader('quantity', form.quantity, zeros, readerOf);
  const amountOf = form.amount && numberReader('amount', form.amount, zeros, readerOf);
  const currencyOf = form.currency && textReader(form.currency);

  return (fields) => {
    const quantity = quantityOf(fields);
    if ('reason' in quantity) return quantity;
    const event = { meter: meterOf(fields), quantity: quantity.text };
    if (!amountOf || !currencyOf) return event;
    const amount = amountOf(fields);
    if ('reason' in amount) return amount;
    return { ...event, amount: amount.text, currency: currencyOf(fields) };
  };
}

function numberReader(
  name: string,
  form: NumberForm,
  zeros: readonly string[],
  readerOf: ReaderOf,
): Read<NumberRead> {
  const { scale: scaleText = '1', decimals } = typeof form === 'string' ? {} : form;
  const scale = readDecimal(scaleText);
  const read = typeof form === 'string' ? () => form : readerOf(form.column);
  return (fields) => {
    const written = read(fields);
    const value = zeros.includes(written) ? { digits: 0n, places: 0 } : readDecimal(written);
    if (!value || !scale)
      return { reason: `${name} is no number of zero or more: ${shown(written)}` };
    const scaled = multiply(value, scale);
    const text = decimalText(decimals === undefined ? scaled : roundTo(scaled, decimals));
    return text === undefined
      ? {
          reason: `${name} has more than 6 decimals (${written}) and the mapping does not say to round it`,
        }
      : { text };
  };
}
