import type { InvoiceItem } from '#services/packaging/public.ts';
import { callUnderLease, type InvoicingTools } from './call-under-lease.ts';
import { type LoopSettings, type WorkDone, type WorkSummary, workWhileDue } from './due-work.ts';

/** Asks for the decision on what was submitted. What the API has lost meanwhile becomes due for sending again. */
export function pollSubmittedInvoices(
  tools: InvoicingTools,
  loop: LoopSettings,
): Promise<WorkSummary> {
  return workWhileDue(
    {
      oldest: (limit) => tools.store.oldest('submitted', limit),
      read: (key) => tools.store.get(key),
      states: ['submitted'],
      work: (item) => poll(tools, item, loop.deadlineMs),
      blockedForMs: () => tools.budget.blockedForMs(),
    },
    loop,
    tools.clock,
  );
}

function poll(tools: InvoicingTools, item: InvoiceItem, deadlineMs: number): Promise<WorkDone> {
  const attempts = Number(item.attempts);
  const call = {
    call: 'poll',
    state: 'submitted',
    attempts,
    otherwise: { state: 'submitted', attempts },
    ask: () => tools.api.lookUp(item.id),
  } as const;
  return callUnderLease(tools, item, call, deadlineMs);
}
