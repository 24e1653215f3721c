import type { InvoiceItem } from '#services/packaging/public.ts';
import { callUnderLease, type InvoicingTools, type LeasedCall } from './call-under-lease.ts';
import { type LoopSettings, type WorkDone, type WorkSummary, workWhileDue } from './due-work.ts';

/** Asks for the decision on what was submitted. What the API has lost meanwhile becomes due for sending again. */
export function pollSubmittedInvoices(
  tools: InvoicingTools,
  loop: LoopSettings,
): Promise<WorkSummary> {
  return workWhileDue(
    {
      store: tools.store,
      states: ['submitted'],
      work: (item) => poll(tools, item, loop.deadlineMs),
      outlook: () => tools.budget.outlook(),
    },
    loop,
    tools.clock,
  );
}

function poll(tools: InvoicingTools, item: InvoiceItem, deadlineMs: number): Promise<WorkDone> {
  const attempts = Number(item.attempts);
  const call: LeasedCall = {
    call: 'poll',
    state: 'submitted',
    attempts,
    otherwise: { state: 'submitted', attempts },
    ask: (onSent) => tools.api.lookUp(item.id, onSent),
  };
  return callUnderLease(tools, item, call, deadlineMs);
}
