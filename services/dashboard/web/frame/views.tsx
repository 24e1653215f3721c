import { lazy, Suspense } from 'react';
import { Link, Redirect, Route, Switch } from 'wouter';
import { Loading } from '../parts/loading.tsx';
import { PageTitle } from './page-title.tsx';

// Each view is loaded when it is first gone to.
const OverviewPage = lazy(() => import('../overview/overview-page.tsx'));
const InvoicesPage = lazy(() => import('../invoices/invoices-page.tsx'));
const InvoicePage = lazy(() => import('../invoices/invoice-page.tsx'));
const ClientsPage = lazy(() => import('../clients/clients-page.tsx'));
const ClientPage = lazy(() => import('../clients/client-page.tsx'));
const DeadLettersPage = lazy(() => import('../dead-letters/dead-letters-page.tsx'));

export function Views() {
  return (
    <Suspense fallback={<Loading lines={6} />}>
      <Switch>
        <Route path="/">
          <Redirect to="/overview" replace />
        </Route>
        <Route path="/overview" component={OverviewPage} />
        <Route path="/invoices" component={InvoicesPage} />
        <Route path="/invoices/:id">{({ id }) => <InvoicePage key={id} id={decode(id)} />}</Route>
        <Route path="/clients" component={ClientsPage} />
        <Route path="/clients/:client">
          {({ client }) => <ClientPage key={client} client={decode(client)} />}
        </Route>
        <Route path="/dead-letters" component={DeadLettersPage} />
        <Route>
          <PageTitle title="There is no such view" />
          <p>
            The address leads nowhere. <Link href="/overview">Go to the overview.</Link>
          </p>
        </Route>
      </Switch>
    </Suspense>
  );
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
