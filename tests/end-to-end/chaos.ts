import { setTimeout as delay } from 'node:timers/promises';
import type { LocalEnvironment } from '#localstack/environment.ts';
import { findProcesses } from '#localstack/servers.ts';

const PAUSE_MS = 400;
/** An outage has an end: without one, the few Lambdas left would be killed each time that they start. */
const MAX_KILLS = 30;

/** Runs `work` while random Lambdas are killed with -9. Returns its result and how many were killed. */
export async function whileKilling<T>(environment: LocalEnvironment, work: () => Promise<T>) {
  const ended = new AbortController();
  const killing = killLambdas(environment, ended.signal);
  try {
    const result = await work();
    ended.abort();
    return { result, kills: await killing };
  } finally {
    ended.abort();
  }
}

async function killLambdas(environment: LocalEnvironment, ended: AbortSignal): Promise<number> {
  let kills = 0;
  while (!ended.aborted && kills < MAX_KILLS) {
    await delay(PAUSE_MS);
    const { lambdas } = findProcesses(environment);
    const victim = lambdas[Math.floor(Math.random() * lambdas.length)];
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
