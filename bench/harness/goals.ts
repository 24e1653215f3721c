import { formatTable } from './table.ts';

export interface Goal {
  readonly goal: string;
  /** The least (`>=`) or the most (`<=`) that the measured figure may be. */
  readonly bound: '>=' | '<=';
  readonly limit: number;
  /** Undefined where it could not be measured. */
  readonly measured: number | undefined;
  /** Where it was measured, or why it was not. */
  readonly where: string;
}

export function isReached({ bound, limit, measured }: Goal): boolean | undefined {
  if (measured === undefined) return undefined;
  return bound === '>=' ? measured >= limit : measured <= limit;
}

export function formatGoals(goals: readonly Goal[]): string {
  const rows = goals.map((goal) => {
    const verdict = isReached(goal);
    return [
      goal.goal,
      `${goal.bound} ${goal.limit}`,
      goal.measured === undefined ? '-' : goal.measured.toFixed(2),
      verdict === undefined ? 'not measured' : verdict ? 'reached' : 'MISSED',
      goal.where,
    ];
  });
  return formatTable(['goal', 'limit', 'measured', 'verdict', 'where'], rows, [0, 3, 4]);
}
