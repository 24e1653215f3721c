import * as z from 'zod/mini';
import { RetriesAnswer, RetriesBody } from '#shared/contracts/invoices.ts';

/** What a page was to retry, as the API saw it. */
export interface SeenRetries {
  readonly planned: RetriesBody[];
  readonly done: RetriesBody[];
}

/**
 * The route of retries for a page whose invoices must stay as they are: checks each body by its contract, and answers for
 * `matching` parked invoices in rounds of a hundred, the first of them to be looked up and the rest to be sent.
 */
export function retriesOf(matching: number) {
  const seen: SeenRetries = { planned: [], done: [] };
  const answer = ({ body }: { readonly body: unknown }) => {
    const parsed = z.parse(RetriesBody, body);
    (parsed.dryRun ? seen.planned : seen.done).push(parsed);
    const from = Number(parsed.cursor ?? 0);
    const count = parsed.ids?.length ?? Math.min(100, matching - from);
    const lookUp = from === 0 ? 1 : 0;
    const hasMore = parsed.filter !== undefined && from + count < matching;
    return z.parse(RetriesAnswer, {
      submit: count - lookUp,
      lookUp,
      byReason: { refused_by_invoice_api: count - lookUp, attempts_exhausted: lookUp },
      left: [],
      ...(hasMore && { nextCursor: String(from + count) }),
    });
  };
  return { seen, answer };
}
