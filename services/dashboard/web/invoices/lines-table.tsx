import type { InvoiceLine } from '#shared/contracts/invoices.ts';
import { formatAmount, formatCount } from '../format/amounts.ts';
import { Amount } from '../parts/amount.tsx';
import { Table } from '../parts/table.tsx';
import { isZero } from './due-amount.ts';
import { InvoiceLink } from './invoice-link.tsx';

export const KINDS: Readonly<Record<InvoiceLine['kind'], string>> = {
  usage: 'Usage',
  adjustment: 'Adjustment: came late',
  credit: 'Credit: given back',
  carry_over: 'Carried over',
  correction: 'Correction',
};

export function LinesTable({
  lines,
  currency,
}: {
  readonly lines: readonly InvoiceLine[];
  readonly currency: string;
}) {
  return (
    <Table
      caption="Lines"
      rows={lines}
      keyOf={(_, index) => String(index)}
      columns={[
        { name: 'Kind', isHead: true, cell: ({ kind }) => KINDS[kind] },
        { name: 'What', cell: (line) => <What line={line} /> },
        { name: 'Source', cell: (line) => ('source' in line ? line.source : '–') },
        {
          name: 'Events',
          isNumber: true,
          cell: (line) => ('events' in line ? formatCount(line.events) : '–'),
        },
        {
          name: 'Quantity',
          isNumber: true,
          cell: (line) => ('quantity' in line ? formatAmount(line.quantity) : '–'),
        },
        {
          name: 'Amount',
          isNumber: true,
          cell: ({ amount }) => <Amount amount={amount} currency={currency} />,
        },
      ]}
    />
  );
}

export function What({ line }: { readonly line: InvoiceLine }) {
  switch (line.kind) {
    case 'carry_over':
      return (
        <>
          from <InvoiceLink id={line.from} />
          {!isZero(line.paid) && `, of which ${formatAmount(line.paid)} paid in advance`}
        </>
      );
    case 'correction':
      return line.description;
    default:
      return `${line.meter}, ${line.day}`;
  }
}
