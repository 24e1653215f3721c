import { setTimeout as delay } from 'node:timers/promises';
import type { LocalEnvironment } from '#localstack/environment.ts';
import { findProcesses } from '#localstack/servers.ts';

/** Kills running Lambdas with -9, a random one each time, until it is stopped. */
export function startKilling(environment: LocalEnvironment, everyMs: number) {
  let isStopped = false;
  let kills = 0;
  const loop = async () => {
    while (!isStopped) {
      await delay(everyMs);
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
  };
  const ended = loop();
  return {
    /** Returns how many were killed. */
    stop() {
      isStopped = true;
      return ended;
    },
  };
}
