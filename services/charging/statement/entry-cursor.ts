import * as z from 'zod/mini';
import { ENTRY_KEY } from '#services/aggregation/public.ts';
import { MAX_BATCH_EVENTS } from '#shared/contracts/sealed-batch.ts';
import { ProblemError } from '#shared/platform/problem-error.ts';

/** The last entry of a page: which of the events of which item. */
export interface EntryPosition {
  readonly key: string;
  readonly index: number;
}

const Cursor = z.strictObject({
  client: z.string(),
  key: z.string().check(z.regex(ENTRY_KEY)),
  index: z.int().check(z.gte(0), z.lt(MAX_BATCH_EVENTS)),
});

export function encodeCursor(client: string, { key, index }: EntryPosition): string {
  const cursor: z.infer<typeof Cursor> = { client, key, index };
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

/** Throws `ProblemError` invalid_parameter for anything that `encodeCursor` does not make for this client. */
export function decodeCursor(text: string, client: string): EntryPosition {
  const { success, data } = Cursor.safeParse(parseJson(text));
  if (!success || data.client !== client) {
    throw new ProblemError(
      'invalid_parameter',
      'cursor must be the nextCursor of a page of the same client.',
    );
  }
  return data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
