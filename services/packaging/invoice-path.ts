import * as field from '#shared/contracts/fields.ts';
import { parseInvoiceId } from '#shared/domain/packaging.ts';
import type { HttpRequest } from '#shared/platform/http.ts';
import { ProblemError } from '#shared/platform/problem-error.ts';
import { invoiceKeyOf } from './invoice-item.ts';

/** The invoice that the path names. Throws `ProblemError` not_found for what cannot be the id of one. */
export function parseInvoicePath(request: HttpRequest): ReturnType<typeof invoiceKeyOf> {
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
