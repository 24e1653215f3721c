import { globSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readStamp, stampOf } from '../infrastructure/source-stamp.ts';
import { REPOSITORY_FOLDER } from './environment.ts';

/** Where a deploy leaves the code of each Lambda. */
const BUNDLES = join(REPOSITORY_FOLDER, '.serverless');
const STAMP = join(REPOSITORY_FOLDER, '.local/bundled-code');

/** Everything that bundling reads, the built page among it. Of packages, the lock file says it all. */
const SOURCES = [
  '{services,shared,infrastructure}/**/*.*',
  '.local/dashboard/page.json',
  'package-lock.json',
  'serverless.yml',
  'tsconfig.json',
];

export interface BundledCode {
  /** Whether the bundles that lie there are what a deploy would make: from the very same sources, and untouched since. */
  readonly isThere: boolean;
  /** After a deploy that began now: what lies there is made of the sources as they were then. */
  readonly note: () => void;
}

export function readBundledCode(): BundledCode {
  const sources = stampOf(SOURCES);
  const stamp = () => [sources, ...statesOfBundles()].join('\n');
  return { isThere: stamp() === readStamp(STAMP), note: () => writeFileSync(STAMP, stamp()) };
}

function statesOfBundles(): string[] {
  return globSync('*.zip', { cwd: BUNDLES })
    .sort()
    .map((name) => {
      const { size, mtimeMs } = statSync(join(BUNDLES, name));
      return `${name} ${size} ${mtimeMs}`;
    });
}
