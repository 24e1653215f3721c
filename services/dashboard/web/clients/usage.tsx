import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { DailyUsage } from '#shared/contracts/daily-usage.ts';
import { dailyUsage, periods } from '../api/routes.ts';
import { ChartFigure } from '../charts/chart-figure.tsx';
import { countOf, formatAmount, formatCount } from '../format/amounts.ts';
import { formatPeriod } from '../format/times.ts';
import { Amount } from '../parts/amount.tsx';
import { Part } from '../parts/part.tsx';
import { PeriodPicker } from '../parts/period-picker.tsx';
import { Table } from '../parts/table.tsx';
import { currenciesOf, usageBars } from './usage-bars.ts';

/** What the client used on each day of a half month: the latest that there is, unless another is chosen. */
export function Usage({
  client,
  period,
  choose,
}: {
  readonly client: string;
  readonly period: string | undefined;
  readonly choose: (period: string | undefined) => void;
}) {
  const known = useQuery(periods());
  const latest = known.data && (known.data.periods[0] ?? currentPeriod());
  const shown = period ?? latest;
  const query = useQuery({
    ...dailyUsage(client, shown ?? ''),
    enabled: shown !== undefined,
  });
  // Which half month is the latest has to be known first.
  if (shown === undefined) {
    return (
      <Part title="Usage" query={known} loadingLines={9}>
        {() => null}
      </Part>
    );
  }
  return (
    <Part
      title={`Usage, ${formatPeriod(shown)}`}
      query={query}
      loadingLines={9}
      actions={<PeriodPicker any="The latest" value={period} onChange={choose} />}
    >
      {(usage) =>
        usage.days.length === 0 ? (
          <p className="dim">No usage in this half month.</p>
        ) : (
          <div className="stack">
            {currenciesOf(usage).map((currency) => (
              <UsageChart key={currency} usage={usage} currency={currency} />
            ))}
          </div>
        )
      }
    </Part>
  );
}

/** By UTC; where the billing time zone is another it may be a day off. Of use only before there is any half month. */
function currentPeriod(): string {
  const today = new Date().toISOString();
  return `${today.slice(0, 7)}-${today.slice(8, 10) <= '15' ? 'H1' : 'H2'}`;
}

function UsageChart({
  usage,
  currency,
}: {
  readonly usage: DailyUsage;
  readonly currency: string;
}) {
  const key = JSON.stringify(usage);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the usage.
  const bars = useMemo(() => usageBars(usage, currency), [key, currency]);
  const rows = usage.days.filter((day) => day.currency === currency);
  return (
    <ChartFigure
      kind="bars"
      {...bars}
      summary={`Amounts in ${currency} by day and meter, stacked: ${countOf(bars.series.length, 'meter')}, ${countOf(rows.length, 'record')}. The table below has the figures.`}
      table={
        <Table
          caption={`Usage in ${currency} by day`}
          rows={rows}
          keyOf={({ day, meter, source }) => `${day} ${meter} ${source}`}
          columns={[
            { name: 'Day', isHead: true, cell: ({ day }) => day },
            { name: 'Meter', cell: ({ meter }) => <code>{meter}</code> },
            { name: 'Source', cell: ({ source }) => source },
            { name: 'Events', isNumber: true, cell: ({ events }) => formatCount(events) },
            { name: 'Quantity', isNumber: true, cell: ({ quantity }) => formatAmount(quantity) },
            {
              name: 'Amount',
              isNumber: true,
              cell: ({ amount }) => <Amount amount={amount} currency={currency} />,
            },
          ]}
        />
      }
    />
  );
}
