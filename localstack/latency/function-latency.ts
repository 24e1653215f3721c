import { figuresOf } from './durations.ts';
import type { LambdaCall } from './report-line.ts';

/** How long the calls of one function took: what the two saved queries of CloudWatch Logs Insights answer. */
export interface FunctionLatency {
  readonly calls: number;
  readonly duration: CallFigures;
  readonly billed: CallFigures;
  readonly coldStarts: number;
  /** The longest initialization, where there was a cold start. */
  readonly initMaxMs?: number;
  readonly slowest: readonly LambdaCall[];
}

/** In milliseconds. */
export interface CallFigures {
  readonly avg: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

const SLOWEST = 10;

/** Undefined where there was no call. */
export function latencyOf(calls: readonly LambdaCall[]): FunctionLatency | undefined {
  const duration = figuresOf(calls.map(({ durationMs }) => durationMs));
  const billed = figuresOf(calls.map(({ billedMs }) => billedMs));
  if (!duration || !billed) return undefined;
  const inits = calls.flatMap(({ initMs }) => initMs ?? []);
  return {
    calls: calls.length,
    duration,
    billed,
    coldStarts: inits.length,
    ...(inits.length > 0 && { initMaxMs: inits.reduce((a, b) => Math.max(a, b)) }),
    slowest: calls.toSorted((a, b) => b.durationMs - a.durationMs).slice(0, SLOWEST),
  };
}
