import { useQuery } from '@tanstack/react-query';
import { prices } from '../api/routes.ts';
import { formatAmount } from '../format/amounts.ts';
import { Amount } from '../parts/amount.tsx';
import { Part } from '../parts/part.tsx';
import { Table } from '../parts/table.tsx';

/** One list for all clients. */
export function Prices() {
  const query = useQuery(prices());
  return (
    <Part title="Prices in force" query={query}>
      {(found) =>
        found.prices.length === 0 ? (
          <p className="dim">
            No price list was loaded: only prepaid charges, which carry their own.
          </p>
        ) : (
          <Table
            caption="Prices in force for every client"
            rows={found.prices}
            keyOf={({ meter, currency }) => `${meter} ${currency}`}
            columns={[
              {
                name: 'Meter',
                isHead: true,
                cell: ({ meter }) => (meter === '*' ? 'Every other' : <code>{meter}</code>),
              },
              {
                name: 'Price',
                isNumber: true,
                cell: ({ amount, currency }) => <Amount amount={amount} currency={currency} />,
              },
              { name: 'For', isNumber: true, cell: ({ per }) => formatAmount(per) },
            ]}
          />
        )
      }
    </Part>
  );
}
