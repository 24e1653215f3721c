import type { Explanation, LineExplanation } from '#shared/contracts/explanation.ts';
import { explainInvoice } from './explain-invoice.ts';
import { explainLine } from './explain-line.ts';
import type { ExplainRequest } from './explain-request.ts';
import type { Explaining } from './explaining.ts';

/** An invoice down to its daily records, or one line of it down to its events. */
export async function explain(
  explaining: Explaining,
  { invoice, line, cursor }: ExplainRequest,
): Promise<Explanation | LineExplanation> {
  if (line === undefined) return explainInvoice(explaining, invoice);
  return explainLine(explaining, invoice, line, cursor);
}
