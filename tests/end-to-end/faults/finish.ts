import type { InvoicingTools } from '#services/invoicing/call-under-lease.ts';
import { pollSubmittedInvoices } from '#services/invoicing/poll-submitted-invoices.ts';
import { sendDueInvoices } from '#services/invoicing/send-due-invoices.ts';
import {
  describeInvoice,
  type Expected,
  isAtRest,
  type Place,
  readInvoices,
} from './check-books.ts';

const REST_WITHIN_MS = 120_000;

/** Both loops, begun again until all is at rest. */
export async function finish(
  tools: InvoicingTools,
  place: Place,
  expected: readonly Expected[],
): Promise<void> {
  const deadlineMs = tools.clock.elapsedMs() + REST_WITHIN_MS;
  const settings = { concurrency: 8, deadlineMs, idleMs: 0 };
  while (!(await isAtRest(place, expected))) {
    if (tools.clock.elapsedMs() > deadlineMs) {
      const left = [...(await readInvoices(place)).values()].filter(
        ({ state }) => state !== 'accepted',
      );
      throw new Error(`not at rest in time:\n${left.map(describeInvoice).join('\n')}`);
    }
    await Promise.all([sendDueInvoices(tools, settings), pollSubmittedInvoices(tools, settings)]);
  }
}
