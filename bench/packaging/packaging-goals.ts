import type { WorkerSpeed } from '#services/packaging/chunk-size.ts';
import type { Goal } from '../harness/goals.ts';
import { summarize } from '../harness/statistics.ts';
import type { RunResult, WorkerResult } from './results.ts';

/** Of the figures at most clients to those at fewest. */
const LINEAR = 1.1;
/** Time has the noise of the machine and the growing memory of the local cloud in it. */
const LINEAR_TIME = 1.5;

export function packagingGoals(
  worker: readonly WorkerResult[],
  runs: readonly RunResult[],
  { clientsPerSecond, timeLimitSeconds }: WorkerSpeed,
): Goal[] {
  const [small, large] = [worker[0], worker.at(-1)];
  const [few, many] = [runs[0], runs.at(-1)];
  const perSecond = large && medianOf(large.rounds.map(({ seconds }) => large.clients / seconds));
  const heap = (result: WorkerResult) =>
    medianOf(result.rounds.map(({ liveHeapBytes }) => liveHeapBytes));
  const ratio = (of: (run: RunResult) => number) =>
    few && many && of(many) / many.clients / (of(few) / few.clients);
  const where = `${many?.clients} / ${few?.clients} clients`;
  return [
    {
      goal: 'clients/s of one worker / setting',
      bound: '>=',
      limit: 1,
      measured: perSecond && perSecond / clientsPerSecond,
      where: `packagingClientsPerSecond is ${clientsPerSecond}`,
    },
    {
      goal: 'live heap of a large chunk / a small one',
      bound: '<=',
      limit: 1.2,
      measured: small && large && heap(large) / heap(small),
      where: `${large?.clients} / ${small?.clients} clients`,
    },
    ...(
      [
        ['requests per package', LINEAR, ({ run }) => run.requests],
        ['read units per package', LINEAR, ({ readUnits }) => readUnits],
        ['write units per package', LINEAR, ({ run }) => run.writeUnits],
        ['seconds per package', LINEAR_TIME, ({ seconds }) => seconds],
      ] satisfies [string, number, (run: RunResult) => number][]
    ).map(([goal, limit, of]): Goal => ({ goal, bound: '<=', limit, measured: ratio(of), where })),
    {
      goal: 'longest chunk / its time limit',
      bound: '<=',
      limit: 0.5,
      measured: Math.max(...runs.map(({ run }) => run.longestChunkMs)) / 1_000 / timeLimitSeconds,
      where: `of all runs, to ${timeLimitSeconds} s`,
    },
    {
      goal: 'retries and failures',
      bound: '<=',
      limit: 0,
      measured: runs.reduce((sum, { retries, run }) => sum + retries + run.failures, 0),
      where: 'of all runs',
    },
  ];
}

function medianOf(values: readonly number[]): number {
  return summarize(values).median;
}
