import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type CloudWatchLogsClient,
  GetQueryResultsCommand,
  type ResultField,
  StartQueryCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { REPOSITORY_FOLDER } from '#localstack/environment.ts';
import type { CallFigures, FunctionLatency } from './function-latency.ts';
import type { LambdaCall } from './report-line.ts';

const POLL_MS = 500;
const GIVE_UP_AFTER_MS = 60_000;

/** The saved queries: the same files that the stack puts into CloudWatch. */
export function readQuery(name: 'durations' | 'slowest-calls'): string {
  return readFileSync(join(REPOSITORY_FOLDER, 'infrastructure', 'queries', `${name}.txt`), 'utf8');
}

/** Has CloudWatch Logs Insights answer the saved queries. Undefined where there was no call. */
export async function askInsights(
  logs: CloudWatchLogsClient,
  logGroupName: string,
  sinceMs: number,
  pollMs = POLL_MS,
): Promise<FunctionLatency | undefined> {
  const ask = (name: Parameters<typeof readQuery>[0]) =>
    runQuery(logs, logGroupName, readQuery(name), sinceMs, pollMs);
  const [[figures], slowest] = await Promise.all([ask('durations'), ask('slowest-calls')]);
  const calls = numberIn(figures, 'calls');
  if (!figures || !calls) return undefined;
  const initMaxMs = numberIn(figures, 'initMax');
  return {
    calls,
    duration: figuresIn(figures, 'duration'),
    billed: figuresIn(figures, 'billed'),
    coldStarts: numberIn(figures, 'coldStarts') ?? 0,
    ...(initMaxMs !== undefined && { initMaxMs }),
    slowest: slowest.map(callIn),
  };
}

type Row = ReadonlyMap<string, string>;

async function runQuery(
  logs: CloudWatchLogsClient,
  logGroupName: string,
  queryString: string,
  sinceMs: number,
  pollMs: number,
): Promise<Row[]> {
  const nowMs = Date.now();
  const { queryId } = await logs.send(
    new StartQueryCommand({
      logGroupName,
      queryString,
      startTime: Math.floor(sinceMs / 1_000),
      endTime: Math.ceil(nowMs / 1_000),
    }),
  );
  while (Date.now() - nowMs < GIVE_UP_AFTER_MS) {
    const { status, results = [] } = await logs.send(new GetQueryResultsCommand({ queryId }));
    if (status === 'Complete') return results.map(rowOf);
    if (status !== 'Scheduled' && status !== 'Running') {
      throw new Error(`CloudWatch Logs Insights ended the query as ${status}.`);
    }
    await delay(pollMs);
  }
  throw new Error('CloudWatch Logs Insights had no answer within a minute.');
}

function rowOf(fields: readonly ResultField[]): Row {
  return new Map(fields.map(({ field = '', value = '' }) => [field, value]));
}

function numberIn(row: Row | undefined, field: string): number | undefined {
  const text = row?.get(field);
  return text === undefined || text === '' ? undefined : Number(text);
}

function figuresIn(row: Row, prefix: string): CallFigures {
  const figure = (name: string) => numberIn(row, `${prefix}${name}`) ?? Number.NaN;
  return {
    avg: figure('Avg'),
    p50: figure('P50'),
    p95: figure('P95'),
    p99: figure('P99'),
    max: figure('Max'),
  };
}

function callIn(row: Row): LambdaCall {
  const number = (field: string) => numberIn(row, field) ?? Number.NaN;
  const initMs = numberIn(row, '@initDuration');
  return {
    requestId: row.get('@requestId') ?? '',
    // As "2026-11-21 12:00:00.000", in UTC.
    atMs: Date.parse(`${row.get('@timestamp')?.replace(' ', 'T')}Z`),
    durationMs: number('@duration'),
    billedMs: number('@billedDuration'),
    memoryMb: number('memoryMb'),
    maxMemoryUsedMb: number('maxMemoryUsedMb'),
    ...(initMs !== undefined && { initMs }),
  };
}
