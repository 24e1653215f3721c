import * as z from 'zod/mini';
import * as field from '#shared/contracts/fields.ts';
import { dayOf, halfMonthOf, isHalfMonth } from '#shared/domain/billing-period.ts';
import { type HttpRequest, parseParameter } from '#shared/platform/http.ts';

const period = z.optional(
  z.string().check(z.refine(isHalfMonth, { error: 'must be a half month, such as 2026-11-H1' })),
);

/** Whose usage is asked for, and of which half month: the running one where none is named. Throws `ProblemError` invalid_parameter. */
export function parseUsageRequest(request: HttpRequest, nowMs: number, timeZone: string) {
  return {
    client: parseParameter('client', request.pathParameters?.client, field.client),
    period:
      parseParameter('period', request.queryStringParameters?.period, period) ??
      halfMonthOf(dayOf(nowMs, timeZone)),
  };
}
