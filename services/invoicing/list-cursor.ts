import * as z from 'zod/mini';
import { parseInvoiceId } from '#shared/domain/packaging.ts';
import { ProblemError } from '#shared/platform/problem-error.ts';
import type { Place } from './in-order.ts';
import type { InvoiceList } from './invoice-filter.ts';

const Cursor = z.strictObject({
  list: z.string(),
  value: z.union([z.int().check(z.gte(0)), z.string().check(z.maxLength(200))]),
  id: z.string().check(z.refine((id) => parseInvoiceId(id) !== undefined)),
});

/** How far a list has been read. It is of use for the same list only. */
export function encodeCursor(list: InvoiceList, { value, id }: Place): string {
  const cursor: z.infer<typeof Cursor> = { list: nameOf(list), value, id };
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

/** Throws `ProblemError` invalid_parameter for anything that `encodeCursor` did not make for this list. */
export function decodeCursor(text: string, list: InvoiceList): Place {
  const { success, data } = Cursor.safeParse(parseJson(text));
  if (!success || data.list !== nameOf(list) || !mayHold(list, data)) throw wrongCursor();
  return { value: data.value, id: data.id };
}

function wrongCursor(): ProblemError {
  return new ProblemError(
    'invalid_parameter',
    'cursor must be the nextCursor of a page with the same filters and the same order.',
  );
}

function nameOf({ filter, sort }: InvoiceList): string {
  const { states = [], client, period, reason, olderThanSeconds } = filter;
  return JSON.stringify([[...states].sort(), client, period, reason, olderThanSeconds, sort]);
}

/** Whether the list can have come to this place: DynamoDB refuses to start where a query cannot get. */
function mayHold({ filter, sort }: InvoiceList, { id, value }: Place): boolean {
  const parts = parseInvoiceId(id);
  const isSorted = typeof value === (sort === 'client' ? 'string' : 'number');
  return (
    isSorted &&
    (filter.client === undefined || filter.client === parts?.client) &&
    (filter.period === undefined || filter.period === parts?.period)
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
