import type { Goal } from '../harness/goals.ts';
import { ratios, summarize } from '../harness/statistics.ts';
import type { Cell } from './cells.ts';
import type { MemoryFigures } from './memory.ts';
import { type AppendOnly, NAMES } from './plan.ts';

export interface ServerResult {
  readonly appendOnly: AppendOnly;
  readonly cells: readonly Cell[];
}

interface RatioGoal {
  readonly of: string;
  readonly to: string;
  readonly limit: number;
  /** Absent: with any number of callers, on any workload, with any setting of the append-only file. */
  readonly callers?: number;
  readonly workload?: string;
  readonly appendOnly?: AppendOnly;
}

const HOT = 'one hot account';

const GOALS: readonly RatioGoal[] = [
  // PING and memcached write nothing to a disk: what does is not held against them.
  { of: NAMES.handler, to: NAMES.ping, limit: 0.75, callers: 1, appendOnly: 'off' },
  { of: NAMES.engine, to: NAMES.bare, limit: 0.9 },
  { of: NAMES.engine, to: NAMES.memcached, limit: 1.4, callers: 1, appendOnly: 'off' },
  {
    of: NAMES.engine,
    to: NAMES.memcached,
    limit: 50,
    callers: 128,
    workload: HOT,
    appendOnly: 'off',
  },
  { of: NAMES.batch(1_000), to: NAMES.engineInOneGo(1_000), limit: 2.5 },
  { of: NAMES.batch(1_000), to: NAMES.bareInOneGo(1_000), limit: 2.5 },
];

const BYTES_BEYOND_ID = 64;

export function chargeGoals(results: readonly ServerResult[], memory: MemoryFigures): Goal[] {
  const speed = GOALS.flatMap((goal) =>
    results
      .filter(({ appendOnly }) => (goal.appendOnly ?? appendOnly) === appendOnly)
      .map((result) => judge(goal, result)),
  );
  return [
    ...speed,
    {
      goal: 'bytes of a receipt beyond its id',
      bound: '<=',
      limit: BYTES_BEYOND_ID,
      measured: memory.perReceiptBeyondId,
      where: `${memory.charges} charges on ${memory.accounts} accounts`,
    },
  ];
}

/** Holds the worst of all cases that a goal speaks of against it: the median over the rounds of each case's ratio. */
export function judge(goal: RatioGoal, { appendOnly, cells }: ServerResult): Goal {
  const judged = cells
    .filter(
      ({ contender, workload, callers }) =>
        contender === goal.of &&
        (goal.workload ?? workload) === workload &&
        (goal.callers ?? callers) === callers,
    )
    .flatMap((cell) => {
      const other = cells.find(
        ({ contender, workload, callers }) =>
          contender === goal.to && workload === cell.workload && callers === cell.callers,
      );
      if (!other) return [];
      const { median } = summarize(ratios(cell.perSecond, other.perSecond));
      return [{ median, where: `${cell.workload}, callers: ${cell.callers}` }];
    })
    .sort((a, b) => a.median - b.median);
  const [worst] = judged;
  const place = worst?.where ?? 'not in this run';
  return {
    goal: `${goal.of} / ${goal.to}`,
    bound: '>=',
    limit: goal.limit,
    measured: worst?.median,
    where: `append-only ${appendOnly}; ${judged.length > 1 ? `worst of ${judged.length}: ` : ''}${place}`,
  };
}
