import * as z from 'zod/mini';
import * as field from '#shared/contracts/fields.ts';
import { INVOICE_SORTS } from '#shared/contracts/invoices.ts';
import type { HalfMonth } from '#shared/domain/billing-period.ts';
import { INVOICE_STATES } from '#shared/domain/invoice.ts';
import { type HttpRequest, parseParameter } from '#shared/platform/http.ts';
import { type PageRequest, parsePageRequest } from '#shared/platform/page-request.ts';
import { ProblemError } from '#shared/platform/problem-error.ts';
import type { InvoiceList } from './invoice-filter.ts';

const states = z.optional(
  z.pipe(
    z.pipe(
      z.string(),
      z.transform((text) => [...new Set(text.split(','))]),
    ),
    z.array(z.enum(INVOICE_STATES, { error: `must be of ${INVOICE_STATES.join(', ')}` })),
  ),
);
const seconds = z.optional(
  z.pipe(
    z.string().check(z.regex(/^\d{1,9}$/, { error: 'must be a whole number of seconds' })),
    z.transform(Number),
  ),
);
const sort = z._default(
  z.enum(INVOICE_SORTS, { error: `must be one of ${INVOICE_SORTS.join(', ')}` }),
  'oldest',
);

/** What a request lists. Throws `ProblemError` invalid_parameter, also for a parameter that does not exist. */
export function parseListRequest(
  request: HttpRequest,
): PageRequest & { readonly list: InvoiceList } {
  const query = request.queryStringParameters ?? {};
  const filters = ['state', 'client', 'period', 'reason', 'olderThanSeconds', 'sort'];
  const page = parsePageRequest(request, filters);
  const list: InvoiceList = {
    filter: {
      states: parseParameter('state', query.state, states),
      client: parseParameter('client', query.client, z.optional(field.client)),
      period: parseParameter('period', query.period, z.optional(field.period)),
      reason: parseParameter('reason', query.reason, z.optional(field.reason)),
      olderThanSeconds: parseParameter('olderThanSeconds', query.olderThanSeconds, seconds),
    },
    sort: parseParameter('sort', query.sort, sort),
  };
  if (list.sort === 'client' && !list.filter.client && !list.filter.period) {
    throw new ProblemError('invalid_parameter', 'sort=client needs a period or a client.');
  }
  return { list, ...page };
}

/** The half month that a request is about, if it names one. Throws `ProblemError` invalid_parameter. */
export function parsePeriod(request: HttpRequest): HalfMonth | undefined {
  return parseParameter('period', request.queryStringParameters?.period, z.optional(field.period));
}
