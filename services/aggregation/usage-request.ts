import * as z from 'zod/mini';
import * as field from '#shared/contracts/fields.ts';
import { dayOf, halfMonthOf } from '#shared/domain/billing-period.ts';
import { type HttpRequest, parseParameter } from '#shared/platform/http.ts';

/** Whose usage is asked for, and of which half month: the running one where none is named. Throws `ProblemError` invalid_parameter. */
export function parseUsageRequest(request: HttpRequest, nowMs: number, timeZone: string) {
  return {
    client: parseParameter('client', request.pathParameters?.client, field.client),
    period:
      parseParameter('period', request.queryStringParameters?.period, z.optional(field.period)) ??
      halfMonthOf(dayOf(nowMs, timeZone)),
  };
}
