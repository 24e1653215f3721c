import { type FrozenPackage, presentLines, unpackLines } from '#services/packaging/public.ts';
import { InvoiceSubmission } from '#shared/contracts/invoice-api.ts';
import { formatAmount } from '#shared/domain/money.ts';

/** A frozen package as the invoice API gets it: the same bytes at every attempt. Throws if it is damaged. */
export function toSubmission(frozen: FrozenPackage): InvoiceSubmission {
  const { item } = frozen;
  return InvoiceSubmission.parse({
    id: item.id,
    client: item.client,
    period: item.period,
    revision: Number(item.revision),
    currency: item.currency,
    total: formatAmount(item.totalMicros),
    paid: formatAmount(item.paidMicros),
    lines: presentLines(unpackLines(frozen).lines),
    linesSha256: item.linesSha256,
  });
}
