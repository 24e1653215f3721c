import { lazy, type ReactNode, Suspense } from 'react';
import { ErrorBoundary } from '../parts/error-boundary.tsx';
import { Loading } from '../parts/loading.tsx';
import type { StackedChartProps } from './stacked-chart.tsx';

const StackedChart = lazy(() => import('./stacked-chart.tsx'));

/** A chart with its legend, and the same as a table. */
export function ChartFigure({
  table,
  ...chart
}: StackedChartProps & { readonly table: ReactNode }) {
  return (
    <figure>
      <ErrorBoundary>
        <Suspense fallback={<Loading lines={8} />}>
          <StackedChart {...chart} />
        </Suspense>
      </ErrorBoundary>
      <ul className="legend">
        {chart.series.map(({ name, color }) => (
          <li key={name} className={`state state-${color}`}>
            <span className="dot" aria-hidden="true" />
            {name}
          </li>
        ))}
      </ul>
      <details>
        <summary>As a table</summary>
        {table}
      </details>
    </figure>
  );
}
