import type { INVOICE_SORTS } from '#shared/contracts/invoices.ts';
import type { HalfMonth } from '#shared/domain/billing-period.ts';
import type { InvoiceState } from '#shared/domain/invoice.ts';

export interface InvoiceFilter {
  readonly states?: readonly InvoiceState[] | undefined;
  readonly client?: string | undefined;
  readonly period?: HalfMonth | undefined;
  readonly reason?: string | undefined;
  /** Packaged at least so long ago. */
  readonly olderThanSeconds?: number | undefined;
}

/**
 * Which invoices, and in which order. `oldest` and `newest`: by when something is next to be done or, at rest, by when
 * it came to rest; of one client by half month and revision. `client` needs a client or a period.
 */
export interface InvoiceList {
  readonly filter: InvoiceFilter;
  readonly sort: (typeof INVOICE_SORTS)[number];
}
