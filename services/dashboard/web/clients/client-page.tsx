import { useQuery } from '@tanstack/react-query';
import { Link, useSearchParams } from 'wouter';
import { invoices } from '../api/routes.ts';
import { focusNextTitle, PageTitle } from '../frame/page-title.tsx';
import { InvoiceTable } from '../invoices/invoice-table.tsx';
import { Part } from '../parts/part.tsx';
import { Account } from './account.tsx';
import { FindClient } from './clients-page.tsx';
import { Holds } from './holds.tsx';
import { Prices } from './prices.tsx';
import { Statement } from './statement.tsx';
import { Usage } from './usage.tsx';

/** All that is known of one client. */
export default function ClientPage({ client }: { readonly client: string }) {
  const [search, setSearch] = useSearchParams();
  return (
    <>
      <PageTitle title={`Client ${client}`}>
        <FindClient />
      </PageTitle>
      <Account client={client} />
      <Usage
        client={client}
        period={search.get('period') ?? undefined}
        choose={(period) => setSearch(period ? { period } : {}, { replace: true })}
      />
      <Invoices client={client} />
      <div className="columns">
        <Statement client={client} />
        <div className="stack">
          <Holds client={client} />
          <Prices />
        </div>
      </div>
    </>
  );
}

const SHOWN = '20';

function Invoices({ client }: { readonly client: string }) {
  const query = useQuery(invoices({ client, sort: 'newest', limit: SHOWN }));
  return (
    <Part title="Invoices" query={query}>
      {({ invoices: found, nextCursor }) =>
        found.length === 0 ? (
          <p className="dim">Nothing was packaged for this client yet.</p>
        ) : (
          <>
            <InvoiceTable invoices={found} isOfOneClient />
            {nextCursor && (
              <Link
                href={`/invoices?client=${encodeURIComponent(client)}`}
                onClick={focusNextTitle}
              >
                All invoices of this client
              </Link>
            )}
          </>
        )
      }
    </Part>
  );
}
