import type { HistoryEntry, InvoiceItem } from '#services/packaging/public.ts';
import type { Invoice, InvoiceSummary } from '#shared/contracts/invoices.ts';
import { RESTING_STATES } from '#shared/domain/invoice.ts';
import { formatAmount } from '#shared/domain/money.ts';
import type { InvoiceHead } from './invoice-store.ts';
import { linesOf } from './to-submission.ts';

export function presentSummary(head: InvoiceHead): InvoiceSummary {
  return {
    id: head.id,
    client: head.client,
    period: head.period,
    revision: Number(head.revision),
    currency: head.currency,
    total: formatAmount(head.totalMicros),
    state: head.state,
    ...(head.reason !== undefined && { reason: head.reason }),
    ...(head.detail !== undefined && { detail: head.detail }),
    attempts: Number(head.attempts),
    ...(!RESTING_STATES.includes(head.state) && { dueAt: toTime(head.dueAtMs) }),
    packagedAt: toTime(head.packagedAtMs),
    updatedAt: toTime(head.updatedAtMs),
    ...(head.carriedTo !== undefined && { carriedTo: head.carriedTo }),
    ...(head.supersededBy !== undefined && { supersededBy: head.supersededBy }),
  };
}

export function presentInvoice(item: InvoiceItem): Invoice {
  return {
    ...presentSummary(item),
    lines: readableLines(item),
    ...(item.linesSha256 !== undefined && { linesSha256: item.linesSha256 }),
    history: item.history.map(presentEntry),
  };
}

/** A damaged package is parked as unreadable; that must not keep it from being looked at. */
function readableLines(item: InvoiceItem): Invoice['lines'] {
  try {
    return linesOf(item);
  } catch {
    return [];
  }
}

function presentEntry({
  atMs,
  call,
  answer,
  detail,
  latencyMs,
}: HistoryEntry): Invoice['history'][number] {
  return {
    at: toTime(atMs),
    call,
    answer,
    ...(detail !== undefined && { detail }),
    ...(latencyMs !== undefined && { latencyMs: Number(latencyMs) }),
  };
}

function toTime(atMs: bigint): string {
  return new Date(Number(atMs)).toISOString();
}
