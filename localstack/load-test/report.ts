import { type DurationFigures, figuresOf } from '#localstack/latency/durations.ts';
import { columns, milliseconds } from '#localstack/latency/table.ts';
import { count } from '#localstack/run/progress.ts';
import type { Outcome } from './check.ts';
import { drawHistogram, type HistogramRow, histogramOf } from './histogram.ts';
import type { LoadPlan } from './plan.ts';
import { type Exchange, mayBeSentAgain } from './send.ts';

export interface LoadReport extends Outcome {
  readonly finishedAt: string;
  readonly settings: Readonly<Record<string, number | string>>;
  readonly requests: number;
  readonly repeats: number;
  readonly seconds: number;
  readonly requestsPerSecond: number;
  /** Requests of the load without an answer, or with one of 429 or 5xx; all were sent again. */
  readonly noAnswer: number;
  readonly failed: number;
  readonly sentAgain: number;
  /** From sending a request to having its whole answer, in milliseconds; of requests that were answered. */
  readonly latencyMs?: DurationFigures;
  /** Without the first request of each caller, which opens its connection and, where no process is idle, starts one. */
  readonly warmLatencyMs?: DurationFigures;
  readonly histogram: readonly HistogramRow[];
}

export interface Load {
  readonly plan: LoadPlan;
  readonly callers: number;
  readonly settings: LoadReport['settings'];
  /** What the load itself sent: what is timed. */
  readonly exchanges: readonly Exchange[];
  /** What was sent again after it. */
  readonly again: readonly Exchange[];
}

export function reportOf(
  { plan, callers, settings, exchanges, again }: Load,
  outcome: Outcome,
): LoadReport {
  const durationsMs = durationsOf(exchanges);
  const startedMs = exchanges[0]?.sentAtMs ?? 0;
  const endedMs = exchanges.reduce(
    (latest, { answer }) => Math.max(latest, answer?.atMs ?? 0),
    startedMs,
  );
  const seconds = (endedMs - startedMs) / 1_000;
  const latencyMs = figuresOf(durationsMs);
  const warmLatencyMs = figuresOf(durationsOf(exchanges.slice(callers)));
  return {
    finishedAt: new Date().toISOString(),
    settings,
    requests: exchanges.length,
    repeats: plan.requests.length - plan.charges.length,
    seconds,
    requestsPerSecond: seconds > 0 ? durationsMs.length / seconds : 0,
    noAnswer: exchanges.length - durationsMs.length,
    failed: exchanges.filter((exchange) => exchange.answer && mayBeSentAgain(exchange)).length,
    sentAgain: again.length,
    ...outcome,
    ...(latencyMs && { latencyMs }),
    ...(warmLatencyMs && { warmLatencyMs }),
    histogram: histogramOf(durationsMs),
  };
}

function durationsOf(exchanges: readonly Exchange[]): number[] {
  return exchanges.flatMap(({ sentAtMs, answer }) => (answer ? answer.atMs - sentAtMs : []));
}

/** The report as lines for a person. */
export function describeReport(report: LoadReport): string[] {
  return [
    ...Object.entries({
      requests: `${count(report.requests)} in ${report.seconds.toFixed(1)} s: ${count(Math.round(report.requestsPerSecond))} a second`,
      charges: `${count(report.authorized)} authorized, ${count(report.refused)} refused${report.unknown > 0 ? `, ${count(report.unknown)} unknown` : ''}; ${count(report.repeats)} were sent twice`,
      errors: `${count(report.noAnswer)} without an answer, ${count(report.failed)} with 429 or 5xx${report.sentAgain > 0 ? `; ${count(report.sentAgain)} requests were sent again for them` : ''}`,
    }).map(([name, text]) => `${name.padEnd(10)}${text}`),
    '',
    ...describeLatency(report),
    ...drawHistogram(report.histogram),
    '',
    ...report.checks.map(
      ({ name, checked, wrong }) =>
        `${wrong === 0 ? '✔' : '✘'} ${name}: ${wrong === 0 ? count(checked) : `not so for ${count(wrong)} of ${count(checked)}`}`,
    ),
    '',
    ...verdict(report),
  ];
}

const SHOWN = ['p50', 'p75', 'p90', 'p95', 'p99', 'p99.9', 'max'] as const;

function describeLatency({ latencyMs, warmLatencyMs }: LoadReport): string[] {
  const row = (name: string, figures: DurationFigures | undefined) =>
    figures ? [[name, ...SHOWN.map((figure) => milliseconds(figures[figure]))]] : [];
  return [
    ...columns([
      ['latency at the callers, in ms', ...SHOWN],
      ...row('all requests', latencyMs),
      ...row('without the first of each caller', warmLatencyMs),
    ]),
    '',
  ];
}

function verdict({ isExact, authorized, settings, checks }: LoadReport): string[] {
  if (isExact) {
    return [
      `EXACT: every balance is what ${count(authorized)} authorized charges left of it, to the micro-unit.`,
    ];
  }
  const wrong = checks.filter(({ first }) => first !== undefined);
  return [
    `NOT EXACT (SEED=${settings.SEED}):`,
    ...wrong.map(({ name, first }) => `  ${name}: not so. ${first}`),
  ];
}
