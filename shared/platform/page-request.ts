import * as z from 'zod/mini';
import { type HttpRequest, parseParameter } from './http.ts';
import { ProblemError } from './problem-error.ts';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 100;

const limitText = z.optional(
  z.pipe(
    z.string().check(
      z.refine((text) => /^\d{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= MAX_LIMIT, {
        error: `must be a whole number from 1 to ${MAX_LIMIT}`,
      }),
    ),
    z.transform(Number),
  ),
);

export interface PageRequest {
  readonly limit: number;
  readonly cursor: string | undefined;
}

/** Which page of a list is asked for. Throws `ProblemError` invalid_parameter, also for a parameter that is neither one of a page nor one of `filters`. */
export function parsePageRequest(
  request: HttpRequest,
  filters: readonly string[] = [],
): PageRequest {
  const query = request.queryStringParameters ?? {};
  const known = [...filters, 'limit', 'cursor'];
  const unknown = Object.keys(query).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new ProblemError('invalid_parameter', `${unknown} is none of ${known.join(', ')}.`);
  }
  return {
    limit: parseParameter('limit', query.limit, limitText) ?? DEFAULT_LIMIT,
    cursor: query.cursor,
  };
}
