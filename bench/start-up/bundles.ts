import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import plugins from '../../infrastructure/bundle/plugins.ts';

const require = createRequire(import.meta.url);
const { SETTINGS } = require('../../infrastructure/bundle/settings.cjs') as {
  SETTINGS: BuildOptions;
};
const ROOT = join(import.meta.dirname, '../..');
const IOREDIS = "export { Cluster, Redis } from 'ioredis';";

export interface Bundle {
  readonly name: string;
  readonly file: string;
  readonly bytes: number;
}

/** Tollgate's charge handler, and ioredis alone: as anybody's bundler makes it, and with our plugins. */
export async function buildBundles(folder: string): Promise<Bundle[]> {
  await mkdir(folder, { recursive: true });
  const ioredis = { stdin: { contents: IOREDIS, resolveDir: ROOT } };
  const handler = { entryPoints: [join(ROOT, 'services/charging/handlers/charge-client.ts')] };
  return [
    await bundle(folder, 'charge handler', { ...handler, plugins }),
    await bundle(folder, 'ioredis alone', ioredis),
    await bundle(folder, 'ioredis alone, our plugins', { ...ioredis, plugins }),
  ];
}

async function bundle(folder: string, name: string, what: BuildOptions): Promise<Bundle> {
  const file = join(folder, `${name.replaceAll(/\W+/g, '-')}.mjs`);
  const { metafile } = await build({
    ...SETTINGS,
    ...what,
    absWorkingDir: ROOT,
    outfile: file,
    metafile: true,
    logLevel: 'warning',
  });
  const bytes = Object.values(metafile.outputs)[0]?.bytes ?? 0;
  return { name, file, bytes };
}
