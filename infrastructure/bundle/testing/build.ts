import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import plugins from '../plugins.ts';

/** Makes a bundle of redis-user.ts, as deploys make those of Lambdas. In a process of its own: esbuild does not run inside of Jest. */
const { SETTINGS } = createRequire(import.meta.url)('../settings.cjs') as {
  SETTINGS: BuildOptions;
};
await build({
  ...SETTINGS,
  plugins,
  entryPoints: [join(import.meta.dirname, 'redis-user.ts')],
  outfile: process.argv[2] as string,
});
