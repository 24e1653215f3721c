import { decodeLines, type InvoiceItem } from '#services/packaging/public.ts';
import { InvoiceSubmission } from '#shared/contracts/invoice-api.ts';
import { formatAmount, formatMicros } from '#shared/domain/money.ts';

/** A frozen package as the invoice API gets it: the same bytes at every attempt. Throws if the item is damaged. */
export function toSubmission(item: InvoiceItem): InvoiceSubmission {
  return InvoiceSubmission.parse({
    id: item.id,
    client: item.client,
    period: item.period,
    revision: Number(item.revision),
    currency: item.currency,
    total: formatAmount(item.totalMicros),
    lines: linesOf(item),
  });
}

/** The lines of a package in the form of every wire. */
export function linesOf(item: InvoiceItem): InvoiceSubmission['lines'] {
  return decodeLines(item.lines).map((line) => ({
    day: line.day,
    meter: line.meter,
    source: line.source,
    kind: line.kind,
    events: line.events,
    quantity: formatMicros(line.quantityMicros),
    amount: formatAmount(line.amountMicros),
  }));
}
