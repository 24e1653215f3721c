import type { SFNClient } from '@aws-sdk/client-sfn';
import { countUsageMarks, type UsageStore } from '#services/aggregation/public.ts';
import type { Progress } from '#shared/contracts/progress.ts';
import type { HalfMonth } from '#shared/domain/billing-period.ts';
import type { Forecast } from '#shared/domain/forecast.ts';
import { countPeriod } from './count-period.ts';
import { forecastBy, type SendingDelays } from './forecast-by.ts';
import type { InvoiceIndex } from './invoice-index.ts';
import { listPackagingRuns } from './packaging-runs.ts';
import { latestPeriod, listPeriods } from './periods.ts';
import { type ProgressStore, readMoving, readSnapshots, thinOut } from './progress-store.ts';
import type { BudgetStatus } from './send-budget.ts';

export interface ProgressSources extends SendingDelays {
  readonly index: InvoiceIndex;
  readonly progress: ProgressStore;
  readonly usage: UsageStore;
  readonly shards: number;
  readonly sfn: SFNClient;
  readonly packagingMachineArn: string;
  readonly budgetStatus: () => Promise<BudgetStatus>;
}

/** As many as a chart shows. */
const MAX_POINTS = 240;

/** Of the half month asked for, or of the latest that has invoices; undefined before anything was used. */
export async function progressOf(
  sources: ProgressSources,
  asked: HalfMonth | undefined,
  nowMs: number,
): Promise<Progress | undefined> {
  const { index, usage } = sources;
  const period = asked ?? (await latestPeriod(index, await listPeriods(usage)));
  return period === undefined ? undefined : readProgress(sources, period, nowMs);
}

/** One half month at a glance, as of now. */
async function readProgress(
  sources: ProgressSources,
  period: HalfMonth,
  nowMs: number,
): Promise<Progress> {
  const { index, progress, usage, shards, sfn, packagingMachineArn, budgetStatus } = sources;
  const [count, snapshots, moving, unpackagedClients, packagingRuns, status] = await Promise.all([
    countPeriod(index, period),
    readSnapshots(progress, period),
    readMoving(progress),
    countUsageMarks(usage, period, shards),
    listPackagingRuns(sfn, packagingMachineArn),
    budgetStatus().catch(() => undefined),
  ]);
  const { invoices, ...counts } = count;
  const { byState, parkedByReason } = counts;
  const series = thinOut([...snapshots, { atMs: nowMs, byState, parkedByReason }], MAX_POINTS);
  const isShared = moving.some((each) => each !== period);
  const forecast = forecastBy(status, sources, invoices, isShared, nowMs);
  return {
    period,
    asOf: toTime(nowMs),
    ...counts,
    ...{ unpackagedClients, packagingRuns },
    series: series.map(({ atMs, ...point }) => ({ at: toTime(atMs), ...point })),
    ...(forecast && { forecast: presentForecast(forecast, nowMs) }),
  };
}

function presentForecast({ doneAtMs, remaining }: Forecast, nowMs: number): Progress['forecast'] {
  const perSecond = (remaining * 1_000) / Math.max(doneAtMs - nowMs, 1);
  return { doneAt: toTime(doneAtMs), remaining, perSecond };
}

function toTime(atMs: number): string {
  return new Date(atMs).toISOString();
}
