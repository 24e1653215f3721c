import { useMemo } from 'react';
import type { Progress } from '#shared/contracts/progress.ts';
import { ChartFigure } from '../charts/chart-figure.tsx';
import { countOf, formatCount } from '../format/amounts.ts';
import { STAGE_NAMES } from '../format/states.ts';
import { formatTime } from '../format/times.ts';
import { Table } from '../parts/table.tsx';
import { countByStage, STAGES } from './stages.ts';

/** Done work lies at the bottom of the stack, so that it is seen to grow. */
const FROM_THE_BOTTOM = ['accepted', 'skipped', 'superseded', 'submitted', 'unknown', 'sending'];

type Counts = ReturnType<typeof countByStage>;

export function ProgressChart({ series }: { readonly series: Progress['series'] }) {
  const { points, stages, ...chart } = useMemo(() => chartOf(series), [series]);
  const last = points.at(-1);
  if (!last) {
    return <p className="dim">Nothing yet: the first point comes within a minute of packaging.</p>;
  }
  return (
    <ChartFigure
      kind="area"
      {...chart}
      summary={`Invoices by state from ${points[0]?.at} to ${last.at}, stacked. Last: ${describe(last.counts)}.`}
      table={
        <Table
          caption="Invoices by state over time"
          rows={points.toReversed()}
          keyOf={({ at }) => at}
          columns={[
            {
              name: 'Time',
              isHead: true,
              cell: ({ at }) => <time dateTime={at}>{formatTime(Date.parse(at), Date.now())}</time>,
            },
            ...stages.map((stage) => ({
              name: STAGE_NAMES[stage] ?? stage,
              isNumber: true,
              cell: ({ counts }: (typeof points)[number]) => formatCount(counts[stage] ?? 0),
            })),
          ]}
        />
      }
    />
  );
}

function chartOf(series: Progress['series']) {
  const points = series.map((point) => ({ at: point.at, counts: countByStage(point) }));
  const rank = (stage: string) => FROM_THE_BOTTOM.indexOf(stage) + 1 || 99;
  const stages = STAGES.filter((stage) => points.some(({ counts }) => counts[stage])).sort(
    (a, b) => rank(a) - rank(b),
  );
  const atMs = points.map(({ at }) => Date.parse(at));
  return {
    points,
    stages,
    atMs,
    labels: atMs.map((ms) => formatTime(ms, Date.now())),
    series: stages.map((stage) => {
      const values = points.map(({ counts }) => counts[stage] ?? 0);
      return {
        name: STAGE_NAMES[stage] ?? stage,
        color: stage,
        values,
        texts: values.map(formatCount),
      };
    }),
  };
}

function describe(counts: Counts): string {
  const parts = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([stage, count]) => `${stage} ${formatCount(count)}`);
  return parts.join(', ') || countOf(0, 'invoice');
}
