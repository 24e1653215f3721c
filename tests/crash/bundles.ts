import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '../..');

/** The code of the processes, each in one file as a function is deployed: they start several times as fast. */
export async function bundleProcesses(
  files: readonly string[],
): Promise<{ folder: string; remove: () => void }> {
  mkdirSync(join(ROOT, '.local/crash'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, '.local/crash/bundle-'));
  await promisify(execFile)(
    join(ROOT, 'node_modules/.bin/esbuild'),
    [
      ...files,
      ...[
        '--bundle',
        '--platform=node',
        '--format=esm',
        '--loader:.lua=text',
        '--log-level=warning',
      ],
      // What is not an ES module inside asks for `require`.
      `--banner:js=import{createRequire}from'node:module';const require=createRequire(import.meta.url);`,
      ...['--out-extension:.js=.mjs', `--outdir=${folder}`],
    ],
    { cwd: ROOT },
  );
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
