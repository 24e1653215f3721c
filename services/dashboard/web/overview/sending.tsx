import { Button, Progress as ProgressBar } from '@mantine/core';
import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Progress } from '#shared/contracts/progress.ts';
import type { SendingStatus } from '#shared/contracts/sending.ts';
import { resumeSending, sending } from '../api/routes.ts';
import { countOf, formatRate } from '../format/amounts.ts';
import { formatClock, formatDuration, formatIn } from '../format/times.ts';
import { ConfirmDialog } from '../parts/confirm-dialog.tsx';
import { Figure } from '../parts/figure.tsx';
import { Notice } from '../parts/notice.tsx';
import { Part } from '../parts/part.tsx';
import { Time } from '../parts/time.tsx';
import { useServerNow } from '../parts/use-now.ts';

/** Says what keeps invoices from being sent, and lets a person end it. Nothing where they are being sent. */
export function SendingBanner() {
  const { data, dataUpdatedAt } = useQuery(sending());
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <div aria-live="polite">
        {data && <WhatStops status={data} resume={() => setAsking(true)} />}
      </div>
      {data && <HowLong status={data} answeredMs={dataUpdatedAt} />}
      <ConfirmDialog
        name="Resume sending"
        title="Resume sending now?"
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        act={resumeSending}
        report={({ breaker }) =>
          breaker.state === 'open'
            ? 'The API was asked, and is still taken to be down.'
            : 'Sending goes on.'
        }
      >
        <p>
          The next requests go out at once, at the rate that the budget gives. Do this when you know
          that the invoice API is well again. If it is not, sending stops again by itself; no
          invoice is sent twice for it.
        </p>
      </ConfirmDialog>
    </>
  );
}

function WhatStops({
  status: { breaker, blockedUntil },
  resume,
}: {
  readonly status: SendingStatus;
  readonly resume: () => void;
}) {
  return (
    <>
      {breaker.state !== 'closed' && (
        <Notice
          tone={breaker.state === 'open' ? 'bad' : 'warn'}
          title={
            breaker.state === 'open'
              ? 'Sending has stopped: the invoice API is taken to be down.'
              : 'Single requests try whether the invoice API is back.'
          }
          actions={<Resume onClick={resume} />}
        >
          {breaker.reason && <>It answered: {breaker.reason}. </>}
          {breaker.since && (
            <>
              Since <Time at={breaker.since} />.{' '}
            </>
          )}
          It goes on by itself once the API answers.
        </Notice>
      )}
      {blockedUntil !== undefined && (
        <Notice
          tone="warn"
          title="The invoice API asked to be left alone (Retry-After)."
          actions={breaker.state === 'closed' ? <Resume onClick={resume} /> : undefined}
        >
          Nothing is sent until <Time at={blockedUntil} />.
        </Notice>
      )}
    </>
  );
}

/** Not announced: it changes each second. */
function HowLong({
  status: { asOf, breaker, blockedUntil },
  answeredMs,
}: {
  readonly status: SendingStatus;
  readonly answeredMs: number;
}) {
  const nowMs = useServerNow(asOf, answeredMs);
  if (breaker.state === 'closed' && blockedUntil === undefined) return null;
  const { since, nextTryAt } = breaker;
  return (
    <p className="dim below-notice">
      {breaker.state !== 'closed' && (
        <>
          {since && `For ${formatDuration(nowMs - Date.parse(since))} so far. `}
          {nextTryAt && `Next try ${formatIn(Date.parse(nextTryAt) - nowMs)}. `}
        </>
      )}
      {blockedUntil !== undefined &&
        `Left alone for ${formatDuration(Date.parse(blockedUntil) - nowMs)} more.`}
    </p>
  );
}

function Resume({ onClick }: { readonly onClick: () => void }) {
  return (
    <Button size="compact-sm" onClick={onClick}>
      Resume sending
    </Button>
  );
}

export function Sending({ progress }: { readonly progress: UseQueryResult<Progress> }) {
  const query = useQuery(sending());
  return (
    <Part title="Sending" query={query} loadingLines={4}>
      {(status) => (
        <>
          <Rate status={status} />
          {progress.data && status.breaker.state === 'closed' && (
            <Forecast progress={progress.data} answeredMs={progress.dataUpdatedAt} />
          )}
        </>
      )}
    </Part>
  );
}

function Rate({ status: { rate, concurrency, breaker } }: { readonly status: SendingStatus }) {
  const share = Math.min((100 * rate.measuredPerSecond) / (rate.allowedPerSecond || 1), 100);
  return (
    <>
      <p className="number">
        <strong className="figure-inline">{formatRate(rate.measuredPerSecond)}</strong> of{' '}
        {formatRate(rate.allowedPerSecond)} requests a second
      </p>
      <ProgressBar
        value={share}
        size="sm"
        aria-label={`${formatRate(rate.measuredPerSecond)} of ${formatRate(rate.allowedPerSecond)} requests a second`}
      />
      <dl className="figures spaced">
        <Figure name="The budget gives" className="number">
          {formatRate(rate.currentPerSecond)} a second
        </Figure>
        <Figure name="Requests at once" className="number">
          {concurrency.inUse} of {concurrency.current}
          {concurrency.current < concurrency.allowed && ` (${concurrency.allowed} allowed)`}
        </Figure>
        <Figure name="Breaker" className={breaker.state === 'closed' ? 'good' : 'bad'}>
          {BREAKER[breaker.state]}
        </Figure>
      </dl>
    </>
  );
}

const BREAKER = { closed: 'Sending', open: 'Stopped', probing: 'Trying' } as const;

function Forecast({
  progress: { asOf, forecast },
  answeredMs,
}: {
  readonly progress: Progress;
  readonly answeredMs: number;
}) {
  const nowMs = useServerNow(asOf, answeredMs);
  if (!forecast) return null;
  const doneAtMs = Date.parse(forecast.doneAt);
  return (
    <p className="forecast">
      <strong>
        Done at <time dateTime={forecast.doneAt}>{formatClock(doneAtMs, nowMs)}</time>,{' '}
        {formatIn(doneAtMs - nowMs)}
      </strong>
      <span className="dim">
        {' '}
        · {countOf(forecast.remaining, 'invoice')} left, {formatRate(forecast.perSecond)} a second
      </span>
    </p>
  );
}
