import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BUNDLE_LIMIT_BYTES } from '../../checks/bundle-limit.ts';
import { formatGoals, type Goal } from '../harness/goals.ts';
import { BENCH_FOLDER, writeReport } from '../harness/report.ts';
import { inRounds } from '../harness/rounds.ts';
import { ratios, type Summary, summarize } from '../harness/statistics.ts';
import { formatTable, whole } from '../harness/table.ts';
import { type Bundle, buildBundles } from './bundles.ts';

/**
 * What a cold start of the charge Lambda spends on its own code, beside that of ioredis alone: each import in a fresh
 * process, since a second one in the same would find the modules of Node loaded.
 */

const LIMIT_RATIO = 1.3;

interface Start {
  /** Within the process: from the call of import to the module being ready. */
  readonly importMs: number;
  /** From outside: the whole life of a process that imports it and ends. */
  readonly processMs: number;
}

const run = promisify(execFile);
const IMPORT = `
const startedAt = performance.now();
import(process.argv[1]).then(() => {
  process.stdout.write(String(performance.now() - startedAt));
});`;

async function start({ file }: Bundle): Promise<Start> {
  const startedAt = performance.now();
  // As in the Lambda: NODE_OPTIONS in serverless.yml.
  const { stdout } = await run(process.execPath, ['--enable-source-maps', '-e', IMPORT, file], {
    env: {},
    timeout: 30_000,
  });
  return { importMs: Number(stdout), processMs: performance.now() - startedAt };
}

/** Measures, prints, writes start-up.json. */
export async function runStartUpBench(rounds = 21, seed = 1): Promise<void> {
  const bundles = await buildBundles(join(BENCH_FOLDER, 'start-up'));
  // Once unmeasured, so that all files are in memory.
  for (const bundle of bundles) await start(bundle);
  const starts = await inRounds(bundles, { rounds, seed }, start);
  const imports = starts.map((rounds) => rounds.map(({ importMs }) => importMs));
  const alone = imports[bundles.findIndex(({ name }) => name === 'ioredis alone')] ?? [];
  const results = bundles.map(({ name, bytes }, index) => {
    const importMs = imports[index] ?? [];
    const processMs = (starts[index] ?? []).map((start) => start.processMs);
    return {
      name,
      bytes,
      importMs: summarize(importMs),
      processMs: summarize(processMs),
      toIoredisAlone: summarize(ratios(importMs, alone)),
      rounds: starts[index],
    };
  });
  const [handler] = results;
  const goals: Goal[] = [
    {
      goal: 'bytes of the charge bundle',
      bound: '<=',
      limit: BUNDLE_LIMIT_BYTES,
      measured: handler?.bytes,
      where: 'minified, with all it imports',
    },
    {
      goal: 'start-up / ioredis alone',
      bound: '<=',
      limit: LIMIT_RATIO,
      measured: handler?.toIoredisAlone.median,
      where: 'median of the rounds',
    },
  ];
  const rows = results.map(({ name, bytes, importMs, processMs, toIoredisAlone }) => [
    name,
    whole(bytes),
    milliseconds(importMs),
    milliseconds(processMs),
    toIoredisAlone.median.toFixed(2),
  ]);
  console.log(`\nStart-up: ${rounds} fresh processes each, median (min–max) in ms`);
  console.log(formatTable(['bundle', 'bytes', 'import', 'process', '× ioredis alone'], rows));
  console.log(`\n${formatGoals(goals)}\n`);
  await writeReport('start-up', { node: process.version, seed, goals, results });
}

function milliseconds({ median, min, max }: Summary): string {
  return `${median.toFixed(1)} (${min.toFixed(1)}–${max.toFixed(1)})`;
}

if (import.meta.main) await runStartUpBench();
