import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './command.ts';
import { ENVIRONMENT_NAMES, type LocalEnvironment, readLocalEnvironment } from './environment.ts';
import { withLock } from './lock.ts';
import { stopProcesses } from './processes.ts';
import { removeRecord } from './record.ts';
import { findProcesses } from './servers.ts';

/** Leaves no process of this environment running. Resolves with the number of those it has ended; logs stay. */
export function stopEnvironment(environment: LocalEnvironment): Promise<number> {
  return withLock(environment.stateFolder, () => clearAway(environment));
}

/** The same for a caller that holds the lock. */
export async function clearAway(environment: LocalEnvironment): Promise<number> {
  removeRecord(environment);
  const ended = await stopProcesses(() => findProcesses(environment).all);
  for (const folder of [
    environment.temporaryFolder,
    join(environment.stateFolder, 'cloud-state'),
  ]) {
    rmSync(folder, { recursive: true, force: true });
  }
  return ended;
}

if (import.meta.main) {
  await runCommand(async () => {
    // All of them, those of tests and benches that were broken off too, unless one is asked for.
    const names = process.env.TOLLGATE_ENVIRONMENT ? [undefined] : ENVIRONMENT_NAMES;
    let ended = 0;
    for (const name of names)
      ended += await stopEnvironment(readLocalEnvironment(process.env, name));
    console.log(ended === 0 ? 'Nothing was running.' : `Stopped (${ended} processes).`);
  });
}
