import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { REPOSITORY_FOLDER } from '#localstack/environment.ts';
import plugins from '../../infrastructure/bundle/plugins.ts';
import type { Measurement, Task } from './worker-process.ts';

const require = createRequire(import.meta.url);
const { SETTINGS } = require('../../infrastructure/bundle/settings.cjs') as {
  SETTINGS: BuildOptions;
};

/** memorySize of package-chunk; a little of it is for what is no heap. */
export const WORKER_MEGABYTES = 512;
const HEAP_MEGABYTES = WORKER_MEGABYTES * 0.75;

/** Bundles the worker as a deploy does. Resolves with what runs one task in a fresh process of it. */
export async function buildWorker(
  folder: string,
  variables: Readonly<Record<string, string>>,
): Promise<(task: Task) => Promise<Measurement>> {
  const file = join(folder, 'packaging-worker.mjs');
  await build({
    ...SETTINGS,
    plugins,
    absWorkingDir: REPOSITORY_FOLDER,
    entryPoints: [join(import.meta.dirname, 'worker-process.ts')],
    outfile: file,
    logLevel: 'warning',
  });
  return (task) =>
    new Promise((resolve, reject) => {
      const child = fork(file, {
        env: variables,
        execArgv: ['--enable-source-maps', '--expose-gc', `--max-old-space-size=${HEAP_MEGABYTES}`],
        // The handler's log lines are made and written as ever, but nobody reads them.
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      });
      let measured: Measurement | undefined;
      child.on('message', (message: Measurement) => {
        measured = message;
      });
      child.once('error', reject);
      child.once('exit', (status) => {
        if (measured && status === 0) resolve(measured);
        else reject(new Error(`The worker ended with status ${status}.`));
      });
      child.send(task);
    });
}
