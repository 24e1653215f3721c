import { setTimeout as delay } from 'node:timers/promises';
import type { LocalEnvironment } from '#localstack/environment.ts';
import { findProcesses } from '#localstack/servers.ts';

const PAUSE_MS = 400;
/** An outage has an end: without one, the few Lambdas left would be killed each time that they start. */
const MAX_KILLS = 30;

/** Which Lambdas, and how many until the outage is over. */
export interface Kills {
  readonly random?: () => number;
  readonly most?: number;
  readonly pauseMs?: number;
}

/** Runs `work` while random Lambdas are killed with -9. Returns its result and how many were killed. */
export async function whileKilling<T>(
  environment: LocalEnvironment,
  work: () => Promise<T>,
  { random = Math.random, most = MAX_KILLS, pauseMs = PAUSE_MS }: Kills = {},
) {
  const ended = new AbortController();
  const killing = killLambdas(environment, ended.signal, { random, most, pauseMs });
  try {
    const result = await work();
    ended.abort();
    return { result, kills: await killing };
  } finally {
    ended.abort();
  }
}

async function killLambdas(
  environment: LocalEnvironment,
  ended: AbortSignal,
  { random, most, pauseMs }: Required<Kills>,
): Promise<number> {
  let kills = 0;
  while (!ended.aborted && kills < most) {
    await delay(pauseMs);
    const { lambdas } = findProcesses(environment);
    const victim = lambdas[Math.floor(random() * lambdas.length)];
    if (!victim) continue;
    try {
      process.kill(victim.pid, 'SIGKILL');
      kills += 1;
    } catch {
      // It had ended by itself.
    }
  }
  return kills;
}
