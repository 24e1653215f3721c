import { decodeLines, type InvoiceItem, isIntact } from '#services/packaging/public.ts';
import { InvoiceSubmission } from '#shared/contracts/invoice-api.ts';
import type { InvoiceLine } from '#shared/contracts/invoices.ts';
import { formatAmount, formatMicros } from '#shared/domain/money.ts';
import type { PackageLine } from '#shared/domain/package-line.ts';

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
    lines: linesOf(item),
    ...(item.linesSha256 !== undefined && { linesSha256: item.linesSha256 }),
  });
}

/** The lines of a package in the form of every wire. */
export function linesOf(item: InvoiceItem): InvoiceLine[] {
  return decodeLines(item.lines).map(presentLine);
}

function presentLine(line: PackageLine): InvoiceLine {
  const amount = formatAmount(line.amountMicros);
  switch (line.kind) {
    case 'carry_over':
      return { kind: line.kind, from: line.from, amount };
    case 'correction':
      return { kind: line.kind, description: line.description, amount };
    default: {
      const { kind, day, meter, source, events, quantityMicros } = line;
      return { kind, day, meter, source, events, quantity: formatMicros(quantityMicros), amount };
    }
  }
}
