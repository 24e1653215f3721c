import { count } from '#localstack/run/progress.ts';
import type { CallFigures, FunctionLatency } from './function-latency.ts';
import type { LambdaCall } from './report-line.ts';
import { columns, milliseconds } from './table.ts';

/** The answer as lines for a person. */
export function describeLatency(latency: FunctionLatency): string[] {
  const { duration, billed, coldStarts, initMaxMs, slowest } = latency;
  return [
    ...columns([
      ['in ms', 'calls', 'avg', 'p50', 'p95', 'p99', 'max'],
      ['duration', count(latency.calls), ...figureCells(duration)],
      ['billed', count(latency.calls), ...figureCells(billed)],
    ]),
    ...(initMaxMs === undefined
      ? []
      : [
          '',
          `${count(coldStarts)} cold starts, which took up to ${milliseconds(initMaxMs)} ms more.`,
        ]),
    '',
    `The slowest ${slowest.length}:`,
    ...columns([
      ['request id', 'at', 'duration', 'billed', 'memory', 'max used', 'init'],
      ...slowest.map(callCells),
    ]),
  ];
}

function figureCells({ avg, p50, p95, p99, max }: CallFigures): string[] {
  return [avg, p50, p95, p99, max].map(milliseconds);
}

function callCells(call: LambdaCall): string[] {
  return [
    call.requestId,
    new Date(call.atMs).toISOString(),
    `${milliseconds(call.durationMs)} ms`,
    `${milliseconds(call.billedMs)} ms`,
    `${call.memoryMb} MB`,
    `${call.maxMemoryUsedMb} MB`,
    call.initMs === undefined ? '' : `${milliseconds(call.initMs)} ms`,
  ];
}
