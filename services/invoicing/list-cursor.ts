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

/** `list` names what is listed: a cursor is of use for the same list only. */
export function encodeCursor(list: string, { partition, last }: ListPosition): string {
  const cursor: z.infer<typeof Cursor> = { list, partition, ...last };
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

/** Throws `ProblemError` invalid_parameter for anything that `encodeCursor` did not make for this list. */
export function decodeCursor(text: string, list: string, partitions: number): ListPosition {
  const { success, data } = Cursor.safeParse(parseJson(text));
  if (!success || data.list !== list || data.partition >= partitions) {
    throw new ProblemError(
      'invalid_parameter',
      'cursor must be the nextCursor of a page with the same state, client and period.',
    );
  }
  const { partition, id, dueAtMs } = data;
  return { partition, ...(id !== undefined && { last: { id, dueAtMs: dueAtMs ?? 0 } }) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
