import { shuffled } from '../../bench/harness/rounds.ts';

export const ROLES = ['charging', 'relay', 'consumer'] as const;
export type Role = (typeof ROLES)[number];

/** Kill the victim when a process comes to the step for the `turn`th time from now. */
export interface Order {
  readonly step: string;
  readonly turn: number;
  readonly victim: 'process' | 'store';
}

export interface KillCounts {
  /** Processes of these roles at every step, once each. */
  readonly walksProcesses: readonly Role[];
  /** The store killed at every step that has to do with it, once each. */
  readonly walksStore: boolean;
  /** Kills at steps drawn at random after that: so many processes of each role. */
  readonly processes: number;
  /** And the store once for each of these, at one of its steps. */
  readonly storeAt: readonly Role[];
}

/** All kills of a run, for each role in their order. The same steps and the same random numbers make the same plan. */
export function planKills(
  steps: Readonly<Record<Role, readonly string[]>>,
  counts: KillCounts,
  random: () => number,
): Record<Role, Order[]> {
  const draw = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)] as T;
  const orders = ROLES.map((role): [Role, Order[]] => {
    const ofRole = steps[role].toSorted();
    const soon = (step: string, victim: Order['victim']): Order => ({
      step,
      turn: 1 + Math.floor(random() * 2),
      victim,
    });
    const walk = [
      ...(counts.walksProcesses.includes(role) ? ofRole.map((step) => soon(step, 'process')) : []),
      ...(counts.walksStore ? ofRole.filter(concernsStore).map((step) => soon(step, 'store')) : []),
    ];
    const count = ofRole.length > 0 ? counts.processes : 0;
    const drawn = Array.from(
      { length: count },
      (): Order => ({
        step: draw(ofRole),
        turn: 1 + Math.floor(random() * 4),
        victim: 'process',
      }),
    );
    return [role, [...shuffled(walk, random), ...drawn]];
  });
  const plan = Object.fromEntries(orders) as Record<Role, Order[]>;
  for (const role of counts.storeAt) {
    const step = draw(steps[role].filter(concernsStore).toSorted());
    plan[role].push({ step, turn: 1, victim: 'store' });
  }
  return plan;
}

function concernsStore(step: string): boolean {
  return step.includes(' redis ');
}
