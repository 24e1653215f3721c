import { callUnderLease, type InvoicingTools } from './call-under-lease.ts';
import { type LoopSettings, type WorkDone, type WorkSummary, workWhileDue } from './due-work.ts';
import type { InvoiceKey } from './invoice-store.ts';

/** Asks for the decision on what was submitted. What the API has lost meanwhile becomes due for sending again. */
export function pollSubmittedInvoices(
  tools: InvoicingTools,
  loop: LoopSettings,
): Promise<WorkSummary> {
  return workWhileDue(
    {
      oldest: (limit) => tools.store.oldest('submitted', limit),
      work: (key) => pollOne(tools, key, loop.deadlineMs),
      blockedForMs: () => tools.budget.blockedForMs(),
    },
    loop,
    tools.clock,
  );
}

async function pollOne(
  tools: InvoicingTools,
  key: InvoiceKey,
  deadlineMs: number,
): Promise<WorkDone> {
  const item = await tools.store.get(key);
  if (item?.state !== 'submitted' || Number(item.dueAtMs) > tools.clock.nowMs()) {
    return { outcome: 'not_due' };
  }
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
