import * as field from '#shared/contracts/fields.ts';
import { parseInvoiceId } from '#shared/domain/packaging.ts';
import type { HttpRequest } from '#shared/platform/http.ts';
import { ProblemError } from '#shared/platform/problem-error.ts';
import { invoiceKeyOf } from './invoice-item.ts';

/** The invoice that the path names. Throws `ProblemError` not_found for what cannot be the id of one. */
export function parseInvoiceName(
  request: HttpRequest,
): NonNullable<ReturnType<typeof parseInvoiceId>> & { readonly id: string } {
  const id = request.pathParameters?.id ?? '';
  const parts = parseInvoiceId(id);
  if (!parts || !field.client.safeParse(parts.client).success) throw noSuchInvoice();
  return { id, ...parts };
}

/** Its key. Throws as `parseInvoiceName`. */
export function parseInvoicePath(request: HttpRequest): ReturnType<typeof invoiceKeyOf> {
  const { client, period, revision } = parseInvoiceName(request);
  return invoiceKeyOf(client, period, revision);
}

export function noSuchInvoice(): ProblemError {
  return new ProblemError(
    'not_found',
    'There is no invoice of this id; GET /v1/invoices lists them.',
  );
}
