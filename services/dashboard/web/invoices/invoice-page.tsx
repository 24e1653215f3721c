import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Invoice } from '#shared/contracts/invoices.ts';
import { ApiFailure } from '../api/failure.ts';
import { invoice as invoiceRoute } from '../api/routes.ts';
import { invoiceReason } from '../format/reasons.ts';
import { STATE_MEANINGS } from '../format/states.ts';
import { formatPeriod } from '../format/times.ts';
import { PageTitle } from '../frame/page-title.tsx';
import { Amount } from '../parts/amount.tsx';
import { Figure } from '../parts/figure.tsx';
import { Notice } from '../parts/notice.tsx';
import { Part } from '../parts/part.tsx';
import { State } from '../parts/state.tsx';
import { Time } from '../parts/time.tsx';
import { Attempts } from './attempts.tsx';
import { CorrectDialog } from './correct-dialog.tsx';
import { dueOf, isZero } from './due-amount.ts';
import { Explained } from './explained.tsx';
import { ClientLink, InvoiceLink } from './invoice-link.tsx';
import { LinesTable } from './lines-table.tsx';
import { RetryDialog } from './retry-dialog.tsx';

/** One invoice: what it is, why it is where it is, what was tried, and what it is made of. */
export default function InvoicePage({ id }: { readonly id: string }) {
  const query = useQuery(invoiceRoute(id));
  return (
    <>
      <PageTitle title={`Invoice ${id}`}>
        {query.data && <Actions invoice={query.data} />}
      </PageTitle>
      <Part
        title="Now"
        query={query}
        loadingLines={5}
        onFailure={(error) =>
          isUnknown(error) ? (
            <Notice tone="warn" title="There is no such invoice.">
              <code>{id}</code> is not known. An id is a half month, a revision and a client, such
              as 2026-11-H1.1.acme.
            </Notice>
          ) : undefined
        }
      >
        {(invoice) => <Head invoice={invoice} />}
      </Part>
      {query.data && (
        <>
          <Part title="Attempts" query={query}>
            {({ history }) => <Attempts history={history} />}
          </Part>
          <Part title="Lines" query={query}>
            {({ lines, linesProblem, currency }) =>
              linesProblem ? (
                <Notice tone="bad" title="The lines cannot be shown.">
                  {linesProblem}
                </Notice>
              ) : (
                <LinesTable lines={lines} currency={currency} />
              )
            }
          </Part>
          <Explained invoice={query.data} />
        </>
      )}
    </>
  );
}

function isUnknown(error: unknown): boolean {
  return (
    error instanceof ApiFailure &&
    (error.code === 'not_found' || error.code === 'invalid_parameter')
  );
}

function Actions({ invoice }: { readonly invoice: Invoice }) {
  const [dialog, setDialog] = useState<'retry' | 'correct'>();
  const close = () => setDialog(undefined);
  const isParked = invoice.state === 'parked';
  return (
    <div className="bar">
      <Button size="compact-sm" disabled={!isParked} onClick={() => setDialog('retry')}>
        Retry
      </Button>
      <Button
        size="compact-sm"
        variant="default"
        disabled={!isParked}
        onClick={() => setDialog('correct')}
      >
        Correct
      </Button>
      {dialog === 'retry' && <RetryDialog retried={{ ids: [invoice.id] }} onClose={close} />}
      {dialog === 'correct' && <CorrectDialog invoice={invoice} onClose={close} />}
    </div>
  );
}

function Head({ invoice }: { readonly invoice: Invoice }) {
  const { client, period, revision, currency, total, paid, state, attempts } = invoice;
  const { dueAt, packagedAt, updatedAt, carriedTo, supersededBy } = invoice;
  return (
    <>
      <dl className="figures">
        <Figure name="State" title={STATE_MEANINGS[state]}>
          <State state={state} />
        </Figure>
        <Figure name="Total">
          <Amount amount={total} currency={currency} />
        </Figure>
        {!isZero(paid) && <Settled total={total} paid={paid} currency={currency} />}
        <Figure name="Client">
          <ClientLink client={client} />
        </Figure>
        <Figure name="Half month">{formatPeriod(period)}</Figure>
        <Figure name="Revision">{revision}</Figure>
        <Figure name="Attempts">{attempts}</Figure>
        <Figure name="Packaged">
          <Time at={packagedAt} />
        </Figure>
        <Figure name={dueAt ? 'Next step' : 'Changed'}>
          <Time at={dueAt ?? updatedAt} />
        </Figure>
      </dl>
      <Why invoice={invoice} />
      {supersededBy && (
        <p>
          A correction put <InvoiceLink id={supersededBy} /> in its place.
        </p>
      )}
      {carriedTo && (
        <p>
          What it did not collect was carried over to <InvoiceLink id={carriedTo} />.
        </p>
      )}
    </>
  );
}

/** How much of a total was debited from the prepaid balance already, and what is left. */
function Settled({ total, paid, currency }: Pick<Invoice, 'total' | 'paid' | 'currency'>) {
  return (
    <>
      <Figure
        name="Paid in advance"
        title="What was charged to the prepaid balance, less what was given back to it"
      >
        <Amount amount={paid} currency={currency} />
      </Figure>
      <Figure name="Due">
        <Amount amount={dueOf(total, paid) ?? '–'} currency={currency} />
      </Figure>
    </>
  );
}

/** The reason in words that a person can act on, and what the invoice API said to it. */
function Why({ invoice: { state, reason, detail } }: { readonly invoice: Invoice }) {
  if (reason === undefined) return detail ? <Said detail={detail} /> : null;
  const { title, meaning, next } = invoiceReason(reason);
  return (
    <div data-reason={reason}>
      <Notice tone={state === 'parked' ? 'bad' : 'plain'} title={`${title}.`}>
        {meaning && <p>{meaning}</p>}
        {detail && <Said detail={detail} />}
        {next && (
          <p>
            <strong>What to do:</strong> {next}
          </p>
        )}
      </Notice>
    </div>
  );
}

function Said({ detail }: { readonly detail: string }) {
  return (
    <p>
      <span className="dim">In detail:</span> <code>{detail}</code>
    </p>
  );
}
