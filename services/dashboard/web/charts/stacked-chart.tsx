import { useComputedColorScheme } from '@mantine/core';
import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  Filler,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
} from 'chart.js';
import { useMemo } from 'react';
import { Chart as Canvas } from 'react-chartjs-2';

Chart.register(
  BarController,
  BarElement,
  CategoryScale,
  Filler,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
);

export interface ChartSeries {
  readonly name: string;
  /** The name of a colour of styles.css. */
  readonly color: string;
  readonly values: readonly number[];
}

export interface StackedChartProps {
  readonly kind: 'area' | 'bars';
  readonly labels: readonly string[];
  readonly series: readonly ChartSeries[];
  /** What it shows, in a sentence, for who does not see it. */
  readonly summary: string;
}

/** Amounts become numbers here, for heights of pixels only. */
export default function StackedChart({ kind, labels, series, summary }: StackedChartProps) {
  const scheme = useComputedColorScheme('light');
  const { data, options } = useMemo(() => {
    const style = getComputedStyle(document.documentElement);
    const color = (name: string) => style.getPropertyValue(`--${name}`).trim();
    const datasets = series.map(({ name, color: own, values }, index) => ({
      label: name,
      data: [...values],
      backgroundColor: kind === 'bars' ? color(own) : `${color(own)}b3`,
      borderColor: color(own),
      borderWidth: kind === 'bars' ? 0 : 1,
      pointRadius: labels.length === 1 ? 3 : 0,
      pointHitRadius: 8,
      maxBarThickness: 28,
      // Down to the area below, not through it.
      fill: index === 0 ? ('origin' as const) : ('-1' as const),
    }));
    const ticks = { color: color('dim'), font: { size: 11 } };
    const grid = { color: color('line') };
    return {
      // What the scheme is decides the colours that are read.
      scheme,
      data: { labels: [...labels], datasets },
      options: {
        animation: false as const,
        responsive: true,
        maintainAspectRatio: false,
        interaction: { mode: 'index' as const, intersect: false },
        scales: {
          x: { stacked: true, grid: { display: false }, ticks: { ...ticks, maxRotation: 0 } },
          y: { stacked: true, beginAtZero: true, grid, ticks: { ...ticks, maxTicksLimit: 6 } },
        },
      },
    };
  }, [kind, labels, series, scheme]);
  return (
    <div className="canvas-frame">
      <Canvas
        type={kind === 'bars' ? 'bar' : 'line'}
        data={data}
        options={options}
        role="img"
        aria-label={summary}
      />
    </div>
  );
}
