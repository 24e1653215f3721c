import { noSuchInvoice, presentLines } from '#services/packaging/public.ts';
import type { Explanation } from '#shared/contracts/explanation.ts';
import { formatAmount, formatMicros } from '#shared/domain/money.ts';
import { isMeteredLine } from '#shared/domain/package-line.ts';
import type { Totals } from '#shared/domain/totals.ts';
import type { Explaining } from './explaining.ts';
import {
  type InvoiceName,
  type LineRecord,
  readFrozenInvoice,
  recordOf,
} from './frozen-invoice.ts';

/** From an invoice to its daily records. Throws `ProblemError` not_found and explanation_inconsistent. */
export async function explainInvoice(
  { packages }: Explaining,
  name: InvoiceName,
): Promise<Explanation> {
  const invoice = await readFrozenInvoice(packages, name);
  if (!invoice) throw noSuchInvoice();
  const { item, text, lines } = invoice;
  const shown = presentLines(lines);
  return {
    id: name.id,
    currency: item.currency,
    total: formatAmount(item.totalMicros),
    paid: formatAmount(item.paidMicros),
    ...(item.supersededBy !== undefined && { supersededBy: item.supersededBy }),
    linesSha256: item.linesSha256,
    linesText: text,
    lines: lines.map((line, index) => {
      const record = isMeteredLine(line) ? recordOf(line, invoice.metered) : undefined;
      return {
        index,
        line: shown[index] as Explanation['lines'][number]['line'],
        ...(record && { record: presentRecord(record) }),
      };
    }),
  };
}

function presentRecord({ at, billedBefore, tree, treeBefore }: LineRecord) {
  return {
    at: presentTotals(at),
    billedBefore: presentTotals(billedBefore),
    tree,
    ...(treeBefore && { treeBefore }),
  };
}

function presentTotals({ events, quantityMicros, amountMicros }: Totals) {
  return { events, quantity: formatMicros(quantityMicros), amount: formatAmount(amountMicros) };
}
