import * as z from 'zod/mini';
import { parseInvoiceId } from '#shared/domain/packaging.ts';
import { ProblemError } from '#shared/platform/problem-error.ts';

/** How far a list has been read. */
export interface ListPosition {
  /** Which of the list's partitions. */
  readonly partition: number;
  /** The last invoice seen in it; none at its start. */
  readonly last?: { readonly id: string; readonly dueAtMs: number };
}

const Cursor = z.strictObject({
  list: z.string(),
  partition: z.int().check(z.gte(0)),
  id: z.optional(z.string().check(z.refine((id) => parseInvoiceId(id) !== undefined))),
  dueAtMs: z.optional(z.int().check(z.gte(0))),
});

/** What is listed: a cursor is of use for the same list only. */
export interface CursorList {
  readonly state?: string | undefined;
  readonly client?: string | undefined;
  readonly period?: string | undefined;
}

export function encodeCursor(list: CursorList, { partition, last }: ListPosition): string {
  const cursor: z.infer<typeof Cursor> = { list: nameOf(list), partition, ...last };
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

/** Throws `ProblemError` invalid_parameter for anything that `encodeCursor` did not make for this list. */
export function decodeCursor(text: string, list: CursorList, partitions: number): ListPosition {
  const { success, data } = Cursor.safeParse(parseJson(text));
  if (!success || data.list !== nameOf(list) || data.partition >= partitions) throw wrongCursor();
  const { partition, id, dueAtMs } = data;
  if (id !== undefined && !mayList(list, id)) throw wrongCursor();
  return { partition, ...(id !== undefined && { last: { id, dueAtMs: dueAtMs ?? 0 } }) };
}

export function wrongCursor(cause?: unknown): ProblemError {
  return new ProblemError(
    'invalid_parameter',
    'cursor must be the nextCursor of a page with the same state, client and period.',
    { cause },
  );
}

function nameOf({ state, client, period }: CursorList): string {
  return [state, client, period].map((part) => part ?? '').join('/');
}

/** Whether the list can have come to this invoice: DynamoDB refuses to start where a query cannot get. */
function mayList(list: CursorList, id: string): boolean {
  const parts = parseInvoiceId(id);
  return (
    (list.client === undefined || list.client === parts?.client) &&
    (list.period === undefined || list.period === parts?.period)
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
