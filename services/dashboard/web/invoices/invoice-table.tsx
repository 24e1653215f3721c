import { Checkbox } from '@mantine/core';
import type { InvoiceSummary } from '#shared/contracts/invoices.ts';
import { invoiceReason } from '../format/reasons.ts';
import { formatPeriod } from '../format/times.ts';
import { Amount } from '../parts/amount.tsx';
import { State } from '../parts/state.tsx';
import { type Column, Table } from '../parts/table.tsx';
import { Time } from '../parts/time.tsx';
import { ClientLink, InvoiceLink } from './invoice-link.tsx';

export interface Selection {
  readonly ids: ReadonlySet<string>;
  readonly change: (ids: ReadonlySet<string>) => void;
}

/** Invoices as rows, selectable where a selection is given. */
export function InvoiceTable({
  invoices,
  selection,
  isOfOneClient = false,
}: {
  readonly invoices: readonly InvoiceSummary[];
  readonly selection?: Selection;
  readonly isOfOneClient?: boolean;
}) {
  return (
    <Table
      caption="Invoices"
      rows={invoices}
      keyOf={({ id }) => id}
      columns={[
        ...(selection ? [selectColumn(invoices, selection)] : []),
        { name: 'Invoice', isHead: true, cell: ({ id }) => <InvoiceLink id={id} /> },
        ...(isOfOneClient
          ? []
          : [
              {
                name: 'Client',
                cell: ({ client }: InvoiceSummary) => <ClientLink client={client} />,
              },
            ]),
        {
          name: 'Half month',
          cell: ({ period }) => <span className="nowrap">{formatPeriod(period)}</span>,
        },
        {
          name: 'Total',
          isNumber: true,
          cell: ({ total, currency }) => <Amount amount={total} currency={currency} />,
        },
        { name: 'State', cell: ({ state }) => <State state={state} /> },
        { name: 'Reason', cell: (invoice) => <Why invoice={invoice} /> },
        { name: 'Attempts', isNumber: true, cell: ({ attempts }) => attempts },
        { name: 'Next step', cell: ({ dueAt }) => (dueAt ? <Time at={dueAt} /> : '–') },
        { name: 'Changed', cell: ({ updatedAt }) => <Time at={updatedAt} /> },
      ]}
    />
  );
}

function Why({ invoice: { reason, detail } }: { readonly invoice: InvoiceSummary }) {
  if (reason === undefined) return detail ? <span className="clip dim">{detail}</span> : '–';
  return (
    <span className="clip" title={detail}>
      {invoiceReason(reason).title}
    </span>
  );
}

function selectColumn(
  invoices: readonly InvoiceSummary[],
  { ids, change }: Selection,
): Column<InvoiceSummary> {
  const here = invoices.map(({ id }) => id);
  const count = here.filter((id) => ids.has(id)).length;
  const set = (changed: readonly string[], isSelected: boolean) => {
    const next = new Set(ids);
    for (const id of changed) isSelected ? next.add(id) : next.delete(id);
    change(next);
  };
  return {
    name: 'Select',
    head: (
      <Checkbox
        size="xs"
        aria-label="Select all on this page"
        checked={count > 0 && count === here.length}
        indeterminate={count > 0 && count < here.length}
        onChange={(event) => set(here, event.currentTarget.checked)}
      />
    ),
    cell: ({ id }) => (
      <Checkbox
        size="xs"
        aria-label={`Select ${id}`}
        checked={ids.has(id)}
        onChange={(event) => set([id], event.currentTarget.checked)}
      />
    ),
  };
}
