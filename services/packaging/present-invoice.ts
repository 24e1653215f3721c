import type { Invoice, InvoiceLine, InvoiceSummary } from '#shared/contracts/invoices.ts';
import { RESTING_STATES } from '#shared/domain/invoice.ts';
import { formatAmount, formatMicros } from '#shared/domain/money.ts';
import type { PackageLine } from '#shared/domain/package-line.ts';
import { DamagedLinesError, type FrozenPackage, unpackLines } from './frozen-package.ts';
import type { HistoryEntry, InvoiceHead } from './invoice-item.ts';

/** How packages and what became of them look on every wire. */

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

export function presentInvoice(frozen: FrozenPackage): Invoice {
  const { item } = frozen;
  return {
    ...presentSummary(item),
    paid: formatAmount(item.paidMicros),
    ...readableLines(frozen),
    linesSha256: item.linesSha256,
    history: item.history.map(presentEntry),
  };
}

/** Damage must not keep a package from being looked at. */
function readableLines(frozen: FrozenPackage): Pick<Invoice, 'lines' | 'linesProblem'> {
  try {
    return { lines: presentLines(unpackLines(frozen).lines) };
  } catch (error) {
    if (!(error instanceof DamagedLinesError)) throw error;
    const linesProblem = `Damaged: ${error.message}. What it was made of is in the daily records.`;
    return { lines: [], linesProblem };
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

export function presentLines(lines: readonly PackageLine[]): InvoiceLine[] {
  return lines.map(presentLine);
}

function presentLine(line: PackageLine): InvoiceLine {
  const amount = formatAmount(line.amountMicros);
  switch (line.kind) {
    case 'carry_over':
      return { kind: line.kind, from: line.from, amount, paid: formatAmount(line.paidMicros) };
    case 'correction':
      return { kind: line.kind, description: line.description, amount };
    default: {
      const { kind, day, meter, source, events, quantityMicros } = line;
      return { kind, day, meter, source, events, quantity: formatMicros(quantityMicros), amount };
    }
  }
}
