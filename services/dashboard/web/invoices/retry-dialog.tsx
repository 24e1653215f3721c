import { useQuery } from '@tanstack/react-query';
import { retryInvoices } from '../api/routes.ts';
import { countOf, formatCount } from '../format/amounts.ts';
import { invoiceReason } from '../format/reasons.ts';
import { Failure } from '../parts/failure.tsx';
import { Loading } from '../parts/loading.tsx';
import { Notice } from '../parts/notice.tsx';
import type { Rounds } from '../parts/rounds.ts';
import { RoundsDialog } from '../parts/rounds-dialog.tsx';
import { Table } from '../parts/table.tsx';
import { NOTHING_YET, type Retried, retryRounds, type Tally, totalOf } from './retry-rounds.ts';

/** Says first how many a retry would take up and how each begins; then does it, round by round. */
export function RetryDialog({
  retried,
  onClose,
}: {
  readonly retried: Retried;
  readonly onClose: (hasRun: boolean) => void;
}) {
  const plan = useQuery({
    queryKey: ['retry plan', retried],
    queryFn: () => lastOf(retryRounds(retryInvoices, retried, true)),
    gcTime: 0,
    // What was agreed to does not change while it is done.
    staleTime: 'static',
  });
  const total = plan.data ? totalOf(plan.data) : 0;
  return (
    <RoundsDialog
      title="Retry parked invoices"
      name={(left) => (left > 0 ? `Retry ${countOf(left, 'invoice')}` : 'Retry')}
      isReady={total > 0}
      rounds={() => retryRounds(retryInvoices, retried, false)}
      countOf={totalOf}
      expected={total}
      tell={(count) => `${formatCount(count)} of ${countOf(total, 'invoice')} taken up …`}
      report={(done, { isStopped, hasFailed }) => (
        <>
          <Notice tone={isStopped || hasFailed ? 'warn' : 'good'}>
            {countOf(totalOf(done), 'invoice')} taken up again: {formatCount(done.submit)} to be
            sent, {formatCount(done.lookUp)} to be looked up first.
            {isStopped && ' Stopped as asked; the rest is as it was.'}
          </Notice>
          <Left left={done.left} />
        </>
      )}
      onClose={onClose}
    >
      {plan.isPending && <Loading lines={3} />}
      {plan.error && <Failure error={plan.error} />}
      {plan.data && <Plan plan={plan.data} isOpen={'filter' in retried} />}
    </RoundsDialog>
  );
}

async function lastOf(rounds: Rounds<Tally>): Promise<Tally> {
  let last = NOTHING_YET;
  while (!rounds.isDone()) last = await rounds.next();
  return last;
}

/** `isOpen`: of a filter, which more may match by then. */
function Plan({ plan, isOpen }: { readonly plan: Tally; readonly isOpen: boolean }) {
  const total = totalOf(plan);
  if (total === 0) {
    return (
      <>
        <p>Nothing to retry: none of them is parked.</p>
        <Left left={plan.left} />
      </>
    );
  }
  return (
    <>
      <p>
        <strong>{countOf(total, 'parked invoice')}</strong> will be taken up again:{' '}
        {formatCount(plan.submit)} sent again under the same id, {formatCount(plan.lookUp)} looked
        up first, since the invoice API may have taken them after all. Attempts count from zero; no
        invoice is booked twice.{' '}
        {isOpen && 'What is parked until then and matches is taken up as well.'}
      </p>
      <Table
        caption="By the reason for which they are parked"
        rows={Object.entries(plan.byReason)}
        keyOf={([reason]) => reason}
        columns={[
          { name: 'Parked because', isHead: true, cell: ([reason]) => invoiceReason(reason).title },
          { name: 'Invoices', isNumber: true, cell: ([, count]) => formatCount(count) },
          {
            name: 'Begins with',
            cell: ([reason]) =>
              invoiceReason(reason).retry === 'submit' ? 'a submission' : 'a look-up',
          },
        ]}
      />
      <Left left={plan.left} />
    </>
  );
}

function Left({ left }: { readonly left: Tally['left'] }) {
  if (left.length === 0) return null;
  return (
    <details>
      <summary>{countOf(left.length, 'invoice')} left as they are</summary>
      <ul>
        {left.slice(0, 100).map(({ id, why }) => (
          <li key={id}>
            <code>{id}</code>: {why.replaceAll('_', ' ')}
          </li>
        ))}
      </ul>
    </details>
  );
}
