import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** Where suites leave their figures and what they need meanwhile. */
export const BENCH_FOLDER = join(import.meta.dirname, '../../.local/bench');

/** Writes what a suite has found to `<suite>.json`; returns where that is, for who reads it. */
export async function writeReport(suite: string, report: object): Promise<string> {
  const file = join(BENCH_FOLDER, `${suite}.json`);
  await mkdir(BENCH_FOLDER, { recursive: true });
  await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
  return relative(process.cwd(), file);
}
