import { useMemo } from 'react';
import type { Progress } from '#shared/contracts/progress.ts';
import { INVOICE_STATES } from '#shared/domain/invoice.ts';
import { ChartFigure } from '../charts/chart-figure.tsx';
import { countOf, formatCount } from '../format/amounts.ts';
import { STATE_NAMES } from '../format/states.ts';
import { formatClock, formatTime } from '../format/times.ts';
import { Table } from '../parts/table.tsx';

/** Done work lies at the bottom of the stack, so that it is seen to grow. */
const FROM_THE_BOTTOM = ['accepted', 'skipped', 'superseded', 'submitted', 'unknown', 'sending'];

export function ProgressChart({ series }: { readonly series: Progress['series'] }) {
  // The same points for as long as nothing new has come: the chart is not drawn again for a poll.
  const key = JSON.stringify(series);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the series.
  const chart = useMemo(() => chartOf(series), [key]);
  const last = series.at(-1);
  if (!last) {
    return <p className="dim">Nothing yet: the first point comes within a minute of packaging.</p>;
  }
  return (
    <ChartFigure
      kind="area"
      {...chart}
      summary={`Invoices by state from ${series[0]?.at} to ${last.at}, stacked. Last: ${describe(last.byState)}.`}
      table={
        <Table
          caption="Invoices by state over time"
          rows={[...series].reverse()}
          keyOf={({ at }) => at}
          columns={[
            {
              name: 'Time',
              isHead: true,
              cell: ({ at }) => <time dateTime={at}>{formatTime(Date.parse(at), Date.now())}</time>,
            },
            ...chart.states.map((state) => ({
              name: STATE_NAMES[state] ?? state,
              isNumber: true,
              cell: ({ byState }: Progress['series'][number]) => formatCount(byState[state] ?? 0),
            })),
          ]}
        />
      }
    />
  );
}

function chartOf(series: Progress['series']) {
  const rank = (state: string) => (FROM_THE_BOTTOM.indexOf(state) + 1 || 99) as number;
  const states = INVOICE_STATES.filter((state) =>
    series.some(({ byState }) => byState[state]),
  ).sort((a, b) => rank(a) - rank(b));
  return {
    states,
    labels: series.map(({ at }) => formatClock(Date.parse(at), Date.now())),
    series: states.map((state) => ({
      name: STATE_NAMES[state] ?? state,
      color: state,
      values: series.map(({ byState }) => byState[state] ?? 0),
    })),
  };
}

function describe(byState: Readonly<Record<string, number>>): string {
  const parts = Object.entries(byState).map(([state, count]) => `${state} ${formatCount(count)}`);
  return parts.join(', ') || countOf(0, 'invoice');
}
