import type { FrozenPackage, HistoryEntry, InvoiceItem } from '#services/packaging/public.ts';
import type { InvoiceSubmission } from '#shared/contracts/invoice-api.ts';
import { log } from '#shared/platform/log.ts';
import { callUnderLease, type InvoicingTools, type LeasedCall } from './call-under-lease.ts';
import { type LoopSettings, type WorkDone, type WorkSummary, workWhileDue } from './due-work.ts';
import { toSubmission } from './to-submission.ts';

const STATES = ['packaged', 'sending', 'unknown'] as const;

/**
 * Sends the packages that are due, and finds out about those whose answer was lost: they are looked up, and
 * sent again only after the API has said that it does not know them.
 */
export function sendDueInvoices(tools: InvoicingTools, loop: LoopSettings): Promise<WorkSummary> {
  return workWhileDue(
    {
      store: tools.store,
      states: STATES,
      work: (item) => sendOne(tools, item, loop.deadlineMs),
      outlook: () => tools.budget.outlook(),
    },
    loop,
    tools.clock,
  );
}

function sendOne(tools: InvoicingTools, item: InvoiceItem, deadlineMs: number): Promise<WorkDone> {
  if (item.state === 'packaged') return submit(tools, item, deadlineMs);
  const isLost = item.state === 'sending';
  return lookUp(tools, item, deadlineMs, isLost ? lostSubmission(tools.clock.nowMs()) : undefined);
}

async function submit(
  tools: InvoicingTools,
  item: InvoiceItem,
  deadlineMs: number,
): Promise<WorkDone> {
  const submission = readSubmission({ item, packed: await tools.store.linesOf(item) });
  if (!submission) return parkUnreadable(tools, item);
  const attempts = Number(item.attempts);
  const call: LeasedCall = {
    call: 'submit',
    state: 'sending',
    attempts: attempts + 1,
    otherwise: { state: 'packaged', attempts },
    ask: (onSent) => tools.api.submit(submission, onSent),
  };
  return callUnderLease(tools, item, call, deadlineMs);
}

function lookUp(
  tools: InvoicingTools,
  item: InvoiceItem,
  deadlineMs: number,
  entry?: HistoryEntry,
): Promise<WorkDone> {
  const attempts = Number(item.attempts);
  const call: LeasedCall = {
    call: 'look_up',
    state: 'unknown',
    attempts,
    otherwise: { state: 'unknown', attempts },
    ...(entry && { entry }),
    ask: (onSent) => tools.api.lookUp(item.id, onSent, true),
  };
  return callUnderLease(tools, item, call, deadlineMs);
}

/** A sender that died, or lost DynamoDB, between its call and its note of the answer. */
function lostSubmission(nowMs: number): HistoryEntry {
  return {
    atMs: BigInt(Math.round(nowMs)),
    call: 'submit',
    answer: 'no_answer',
    detail: 'the sender stopped before it noted the answer',
  };
}

function readSubmission(frozen: FrozenPackage): InvoiceSubmission | undefined {
  try {
    return toSubmission(frozen);
  } catch (error) {
    log.error('invoice', { id: frozen.item.id, error: error as Error });
    return undefined;
  }
}

async function parkUnreadable(
  { store, clock }: InvoicingTools,
  item: InvoiceItem,
): Promise<WorkDone> {
  const nowMs = clock.nowMs();
  const written = await store.change(item, {
    state: 'parked',
    attempts: Number(item.attempts),
    dueAtMs: nowMs,
    nowMs,
    reason: 'package_unreadable',
    detail: 'the package cannot be turned into a submission; see the log line of its id',
  });
  if (written.type === 'lease_lost') return { outcome: 'lease_lost' };
  return { outcome: 'unreadable', end: 'parked' };
}
