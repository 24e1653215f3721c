import { Button, Progress } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { retryInvoices } from '../api/routes.ts';
import { countOf, formatCount } from '../format/amounts.ts';
import { invoiceReason } from '../format/reasons.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Failure } from '../parts/failure.tsx';
import { Loading } from '../parts/loading.tsx';
import { Notice } from '../parts/notice.tsx';
import { Table } from '../parts/table.tsx';
import { NOTHING_YET, type Retried, retryInRounds, type Tally, totalOf } from './retry-rounds.ts';

/** Says first how many a retry would take up and how each begins; then does it, round by round. */
export function RetryDialog({
  retried,
  onClose,
}: {
  readonly retried: Retried;
  readonly onClose: () => void;
}) {
  const queryClient = useQueryClient();
  const [done, setDone] = useState<Tally>();
  const wantsToStop = useRef(false);
  const plan = useQuery({
    queryKey: ['retry plan', retried],
    queryFn: () => lastOf(retryInRounds(retryInvoices, retried, true)),
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  });
  const run = useMutation({
    mutationFn: async () => {
      setDone(NOTHING_YET);
      for await (const tally of retryInRounds(retryInvoices, retried, false)) {
        setDone(tally);
        if (wantsToStop.current) return;
      }
    },
    onSettled: () => queryClient.invalidateQueries({ predicate: isNotPlan }),
  });
  const total = plan.data ? totalOf(plan.data) : 0;
  return (
    <Dialog title="Retry parked invoices" isOpen onClose={run.isPending ? NOTHING : onClose}>
      <div aria-live="polite">
        {plan.isPending && <Loading lines={3} />}
        {plan.error && <Failure error={plan.error} />}
        {plan.data && !done && <Plan plan={plan.data} />}
        {done && (
          <Report
            done={done}
            expected={total}
            isRunning={run.isPending}
            isStopped={wantsToStop.current}
          />
        )}
        {run.error && <Failure error={run.error} />}
      </div>
      <div className="dialog-buttons">
        {run.isPending ? (
          <Button
            variant="default"
            onClick={() => {
              wantsToStop.current = true;
            }}
          >
            Stop after this round
          </Button>
        ) : (
          <Button variant="default" onClick={onClose} data-autofocus={run.isSuccess || undefined}>
            {run.isSuccess ? 'Close' : 'Cancel'}
          </Button>
        )}
        {!run.isSuccess && (
          <Button
            loading={run.isPending}
            disabled={total === 0}
            onClick={() => run.mutate()}
            data-autofocus
          >
            {total > 0 ? `Retry ${countOf(total, 'invoice')}` : 'Retry'}
          </Button>
        )}
      </div>
    </Dialog>
  );
}

const NOTHING = () => {};

const isNotPlan = ({ queryKey }: { readonly queryKey: readonly unknown[] }) =>
  queryKey[0] !== 'retry plan';

async function lastOf(tallies: AsyncIterable<Tally>): Promise<Tally> {
  let last = NOTHING_YET;
  for await (const tally of tallies) last = tally;
  return last;
}

function Plan({ plan }: { readonly plan: Tally }) {
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
        invoice is booked twice.
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

function Report({
  done,
  expected,
  isRunning,
  isStopped,
}: {
  readonly done: Tally;
  readonly expected: number;
  readonly isRunning: boolean;
  readonly isStopped: boolean;
}) {
  const total = totalOf(done);
  if (isRunning) {
    return (
      <>
        <p>
          {formatCount(total)} of {countOf(expected, 'invoice')} taken up …
        </p>
        <Progress value={(100 * total) / Math.max(expected, 1)} aria-label="Retried so far" />
      </>
    );
  }
  return (
    <>
      <Notice tone={isStopped ? 'warn' : 'good'}>
        {countOf(total, 'invoice')} taken up again: {formatCount(done.submit)} to be sent,{' '}
        {formatCount(done.lookUp)} to be looked up first.
        {isStopped && ' Stopped as asked; the rest is as it was.'}
      </Notice>
      <Left left={done.left} />
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
