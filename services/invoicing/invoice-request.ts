import * as z from 'zod/mini';
import { invoiceKeyOf } from '#services/packaging/public.ts';
import * as field from '#shared/contracts/fields.ts';
import { isHalfMonth } from '#shared/domain/billing-period.ts';
import { INVOICE_STATES } from '#shared/domain/invoice.ts';
import { parseInvoiceId } from '#shared/domain/packaging.ts';
import { type HttpRequest, parseParameter } from '#shared/platform/http.ts';
import { parsePageRequest } from '#shared/platform/page-request.ts';
import { ProblemError } from '#shared/platform/problem-error.ts';
import type { InvoiceKey } from './invoice-store.ts';

const state = z.optional(
  z.enum(INVOICE_STATES, { error: `must be one of ${INVOICE_STATES.join(', ')}` }),
);
const period = z.optional(
  z.string().check(z.refine(isHalfMonth, { error: 'must be a half month, such as 2026-11-H1' })),
);
/** What a request lists. Throws `ProblemError` invalid_parameter, also for a parameter that does not exist. */
export function parseListRequest(request: HttpRequest) {
  const query = request.queryStringParameters ?? {};
  const page = parsePageRequest(request, ['state', 'client', 'period']);
  return {
    filter: {
      state: parseParameter('state', query.state, state),
      client: parseParameter('client', query.client, z.optional(field.client)),
      period: parseParameter('period', query.period, period),
    },
    ...page,
  };
}

/** The invoice that the path names. Throws `ProblemError` not_found for what cannot be the id of one. */
export function parseInvoicePath(request: HttpRequest): InvoiceKey {
  const parts = parseInvoiceId(request.pathParameters?.id ?? '');
  if (!parts || !field.client.safeParse(parts.client).success) throw noSuchInvoice();
  return invoiceKeyOf(parts.client, parts.period, parts.revision);
}

export function noSuchInvoice(): ProblemError {
  return new ProblemError(
    'not_found',
    'There is no invoice of this id; GET /v1/invoices lists them.',
  );
}
