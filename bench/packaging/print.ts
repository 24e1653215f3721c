import { summarize } from '../harness/statistics.ts';
import { formatTable, whole } from '../harness/table.ts';
import { DAYS, METERS } from './plan.ts';
import type { RunResult, WorkerResult } from './results.ts';
import { WORKER_MEGABYTES } from './worker.ts';

const RECORDS = DAYS * METERS.length;

export function formatWorker(results: readonly WorkerResult[]): string {
  const rows = results.map(({ clients, rounds }) => {
    const perSecond = rounds.map(({ seconds }) => clients / seconds);
    const { report, readUnits } = rounds[0] as WorkerResult['rounds'][number];
    return [
      whole(clients),
      range(perSecond, whole),
      range(
        perSecond.map((each) => each * RECORDS),
        whole,
      ),
      range(
        rounds.map((round) => (round.cpuSeconds * 1_000) / clients),
        (ms) => ms.toFixed(1),
      ),
      range(
        rounds.map((round) => round.liveHeapBytes),
        megabytes,
      ),
      range(
        rounds.map((round) => round.peakHeapBytes),
        megabytes,
      ),
      range(
        rounds.map((round) => round.peakResidentBytes),
        megabytes,
      ),
      (report.requests / clients).toFixed(2),
      (readUnits / clients).toFixed(2),
      (report.writeUnits / clients).toFixed(2),
    ];
  });
  return `\nOne worker alone, a chunk in a fresh process with the ${WORKER_MEGABYTES} MB of its Lambda: median (min–max)\n${formatTable(
    [
      'clients',
      'clients/s',
      'daily records/s',
      'CPU ms/client',
      'live heap MB',
      'peak heap MB',
      'peak resident MB',
      'requests/package',
      'read units/package',
      'write units/package',
    ],
    rows,
    [],
  )}`;
}

export function formatRuns(results: readonly RunResult[]): string {
  const rows = results.map((result) => {
    const { clients, run, seconds, readUnits, changeWriteUnits, chunks, planSeconds } = result;
    return [
      whole(clients),
      seconds.toFixed(1),
      whole(clients / seconds),
      (run.requests / run.packages).toFixed(2),
      (readUnits / run.packages).toFixed(2),
      (run.writeUnits / run.packages).toFixed(2),
      changeWriteUnits.toFixed(2),
      `${chunks} in ${run.rounds}`,
      (run.longestChunkMs / 1_000).toFixed(1),
      String(result.retries),
      planSeconds.toFixed(1),
      megabytes(result.planResidentBytes),
      megabytes(result.cloudResidentBytes),
    ];
  });
  return `\nWhole runs of the state machine, four workers on one local cloud\n${formatTable(
    [
      'clients',
      'seconds',
      'clients/s',
      'requests/package',
      'read units/package',
      'write units/package',
      'write units/change of state',
      'chunks, rounds',
      'longest chunk s',
      'retries',
      'plan s',
      'plan MB',
      'local cloud MB',
    ],
    rows,
    [],
  )}`;
}

function range(values: readonly number[], show: (value: number) => string): string {
  const { median, min, max } = summarize(values);
  return `${show(median)} (${show(min)}–${show(max)})`;
}

function megabytes(bytes: number): string {
  return whole(bytes / 1024 / 1024);
}
