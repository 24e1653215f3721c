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
  type Scale,
  Tooltip,
} from 'chart.js';
import { useMemo } from 'react';
import { Chart as Canvas } from 'react-chartjs-2';
import { formatClock } from '../format/times.ts';
import { timeAxis } from './time-axis.ts';

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
  /** For heights only. */
  readonly values: readonly number[];
  /** What they are exactly, for those who point at them. */
  readonly texts: readonly string[];
}

export interface StackedChartProps {
  readonly kind: 'area' | 'bars';
  readonly labels: readonly string[];
  /** When each of them is: they lie as far apart as that. Without, side by side. */
  readonly atMs?: readonly number[];
  readonly series: readonly ChartSeries[];
  /** What it shows, in a sentence, for who does not see it. */
  readonly summary: string;
}

/** Amounts become numbers here, for heights of pixels only. */
export default function StackedChart({ kind, labels, atMs, series, summary }: StackedChartProps) {
  const scheme = useComputedColorScheme('light');
  const { data, options } = useMemo(() => {
    const style = getComputedStyle(document.documentElement);
    const color = (name: string) => style.getPropertyValue(`--${name}`).trim();
    const datasets = series.map(({ name, color: own, values }, index) => ({
      label: name,
      data: atMs ? values.map((y, point) => ({ x: atMs[point] ?? 0, y })) : [...values],
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
        locale: 'en-GB',
        interaction: { mode: 'index' as const, intersect: false },
        plugins: {
          tooltip: {
            callbacks: {
              title: ([item]: readonly Pointed[]) => labels[item?.dataIndex ?? 0] ?? '',
              label: ({ datasetIndex, dataIndex }: Pointed) =>
                `${series[datasetIndex]?.name}: ${series[datasetIndex]?.texts[dataIndex]}`,
            },
          },
        },
        scales: {
          x: {
            stacked: true,
            grid: { display: false },
            ...(atMs ? timeScale(atMs, ticks) : { ticks: { ...ticks, maxRotation: 0 } }),
          },
          y: { stacked: true, beginAtZero: true, grid, ticks: { ...ticks, maxTicksLimit: 6 } },
        },
      },
    };
  }, [kind, labels, atMs, series, scheme]);
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

/** What a tooltip is about. */
interface Pointed {
  readonly datasetIndex: number;
  readonly dataIndex: number;
}

/** With its own ticks: those of a linear scale fall on round numbers of milliseconds. */
function timeScale<T extends object>(atMs: readonly number[], ticks: T) {
  const nowMs = Date.now();
  const behindUtcMs = new Date(nowMs).getTimezoneOffset() * 60_000;
  const { min, max, ticks: tickMs } = timeAxis(atMs, behindUtcMs);
  return {
    ...{ type: 'linear' as const, min, max },
    afterBuildTicks: (scale: Scale) => {
      scale.ticks = tickMs.map((value) => ({ value }));
    },
    ticks: {
      ...ticks,
      maxRotation: 0,
      callback: (value: number | string) => formatClock(Number(value), nowMs),
    },
  };
}
