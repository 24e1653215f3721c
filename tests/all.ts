import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { stopEnvironment } from '#localstack/stop.ts';
import { findChromium } from './browser/chromium.ts';
import { environmentOf } from './environment/environment-of.ts';

/**
 * Runs the projects of jest.config.js, but for `faults`, in rows side by side, each row one after the other: much of a test
 * is waiting. No two rows share an environment. What other rows than the first print comes in one piece for each project,
 * when that has ended. Fails where one fails.
 */

const ROOT = join(import.meta.dirname, '..');
const RESULTS = join(ROOT, '.local');
const ROWS: readonly (readonly string[])[] = [
  ['integration'],
  ['browser', 'crash', 'explanations'],
  ['unit', 'end-to-end'],
];

let isInterrupted = false;

function start(project: string, isShownAtOnce: boolean): ChildProcess {
  const jest = ['--disable-warning=ExperimentalWarning', '--experimental-vm-modules'];
  const results = ['--json', `--outputFile=${join(RESULTS, `test-results-${project}.json`)}`];
  return spawn(
    process.execPath,
    [
      ...jest,
      join(ROOT, 'node_modules/jest/bin/jest.js'),
      ...['--selectProjects', project, ...results],
      // The files of the others share an environment, and what the invoice API there is told to do.
      ...(project === 'unit' ? [] : ['--runInBand']),
    ],
    {
      cwd: ROOT,
      stdio: ['ignore', isShownAtOnce ? 'inherit' : 'pipe', isShownAtOnce ? 'inherit' : 'pipe'],
    },
  );
}

/** Whether all its tests have passed. */
async function run(project: string, isShownAtOnce: boolean): Promise<boolean> {
  if (isInterrupted) return false;
  const jest = start(project, isShownAtOnce);
  const printed: Uint8Array[] = [];
  for (const stream of [jest.stdout, jest.stderr]) {
    stream?.on('data', (chunk: Uint8Array) => printed.push(chunk));
  }
  const code = await new Promise((resolve) => jest.once('close', resolve));
  process.stdout.write(Buffer.concat(printed));
  return code === 0;
}

async function runRow(projects: readonly string[], isShownAtOnce: boolean): Promise<boolean> {
  let allPassed = true;
  for (const project of projects) {
    allPassed = (await run(project, isShownAtOnce)) && allPassed;
  }
  return allPassed;
}

/** Those that can be run here, told in a sentence where one cannot. On CI there must be a Chromium. */
function rowsToRun(): readonly (readonly string[])[] {
  if (process.env.CI === 'true' || findChromium() !== undefined) return ROWS;
  console.log('The tests of the page are skipped: no Chromium is on PATH (the package chromium).');
  return ROWS.map((projects) => projects.filter((project) => project !== 'browser'));
}

mkdirSync(RESULTS, { recursive: true });
for (const project of ROWS.flat()) {
  rmSync(join(RESULTS, `test-results-${project}.json`), { force: true });
}
// Interrupted from a terminal, the tests end at once, and leave their servers.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    isInterrupted = true;
  });
}
const rows = await Promise.all(rowsToRun().map((projects, row) => runRow(projects, row === 0)));
if (isInterrupted) {
  for (const name of ['integration', 'end-to-end', 'browser']) {
    await stopEnvironment(environmentOf({ displayName: { name } }));
  }
}
process.exitCode = rows.every((hasPassed) => hasPassed) ? 0 : 1;
