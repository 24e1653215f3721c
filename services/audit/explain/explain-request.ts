import * as z from 'zod/mini';
import { parseInvoiceName } from '#services/packaging/public.ts';
import { type HttpRequest, parseParameter } from '#shared/platform/http.ts';
import { ProblemError } from '#shared/platform/problem-error.ts';
import type { InvoiceName } from './frozen-invoice.ts';

const wholeNumber = (digits: number) =>
  z.optional(
    z.pipe(
      z
        .string()
        .check(z.regex(new RegExp(`^\\d{1,${digits}}$`), { error: 'must be a whole number' })),
      z.transform(Number),
    ),
  );

export interface ExplainRequest {
  readonly invoice: InvoiceName;
  /** The index of a line, for its events. */
  readonly line: number | undefined;
  /** The place of the first event of the page in the tree. */
  readonly cursor: number | undefined;
}

/** Throws `ProblemError` not_found for what cannot be the id of an invoice, and invalid_parameter. */
export function parseExplainRequest(request: HttpRequest): ExplainRequest {
  const query = request.queryStringParameters ?? {};
  const unknown = Object.keys(query).find((name) => name !== 'line' && name !== 'cursor');
  if (unknown !== undefined) {
    throw new ProblemError('invalid_parameter', `${unknown} is none of line, cursor.`);
  }
  const line = parseParameter('line', query.line, wholeNumber(4));
  const cursor = parseParameter('cursor', query.cursor, wholeNumber(12));
  if (cursor !== undefined && line === undefined) {
    throw new ProblemError('invalid_parameter', 'cursor needs the line that it is of.');
  }
  return { invoice: parseInvoiceName(request), line, cursor };
}
