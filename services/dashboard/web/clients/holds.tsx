import { useQuery } from '@tanstack/react-query';
import { holds } from '../api/routes.ts';
import { Amount } from '../parts/amount.tsx';
import { Part } from '../parts/part.tsx';
import { Table } from '../parts/table.tsx';
import { Time } from '../parts/time.tsx';
import { withoutAccount } from './account.tsx';

export function Holds({ client }: { readonly client: string }) {
  const query = useQuery(holds(client));
  return (
    <Part title="Active holds" query={query} onFailure={withoutAccount(<None />)}>
      {(found) =>
        found.holds.length === 0 ? (
          <None />
        ) : (
          <Table
            caption="Active holds, the first to expire first"
            rows={found.holds}
            keyOf={({ id }) => id}
            columns={[
              { name: 'Hold', isHead: true, cell: ({ id }) => <code>{id}</code> },
              { name: 'Keeps', isNumber: true, cell: ({ left }) => <Amount amount={left} /> },
              { name: 'Expires', cell: ({ expiresAt }) => <Time at={expiresAt} /> },
            ]}
          />
        )
      }
    </Part>
  );
}

function None() {
  return <p className="dim">None.</p>;
}
