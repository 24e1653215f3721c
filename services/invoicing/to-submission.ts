import { type InvoiceItem, isIntact, presentLines } from '#services/packaging/public.ts';
import { InvoiceSubmission } from '#shared/contracts/invoice-api.ts';
import { formatAmount } from '#shared/domain/money.ts';

/** A frozen package as the invoice API gets it: the same bytes at every attempt. Throws if the item is damaged. */
export function toSubmission(item: InvoiceItem): InvoiceSubmission {
  if (!isIntact(item)) throw new Error(`the lines of ${item.id} are not those that were frozen`);
  return InvoiceSubmission.parse({
    id: item.id,
    client: item.client,
    period: item.period,
    revision: Number(item.revision),
    currency: item.currency,
    total: formatAmount(item.totalMicros),
    lines: presentLines(item),
    ...(item.linesSha256 !== undefined && { linesSha256: item.linesSha256 }),
  });
}
