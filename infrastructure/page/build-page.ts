import { globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { withLock } from '#localstack/lock.ts';
import { readStamp, stampOf } from '../source-stamp.ts';
import { BUILT_PAGE_FILE, FIRST_VIEW_BYTES_FILE, FIRST_VIEW_LIMIT_BYTES, ROOT } from './built.ts';
import { firstViewScripts, type Manifest } from './first-view.ts';

/**
 * Builds the operator's page with Vite into .local/dashboard, unless it was built from the very same sources before, and
 * packs it into the one file that bundles take it from. Prints what it does when it does something.
 */

const WEB = join(ROOT, 'services/dashboard/web');
const OUT = join(ROOT, '.local/dashboard');
const SITE = join(OUT, 'site');
const STAMP = join(OUT, 'stamp');

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

export async function buildPage(say: (line: string) => void = console.log): Promise<void> {
  await withLock(OUT, () => buildWhereChanged(say));
}

async function buildWhereChanged(say: (line: string) => void): Promise<void> {
  const stamp = stampOf(SOURCES);
  if (stamp === readStamp(STAMP)) return;
  const startedMs = performance.now();
  say('Building the page (services/dashboard/web):');
  rmSync(STAMP, { force: true });
  await asProduction(runVite);
  const { files, firstViewBytes } = packSite();
  writeFileSync(STAMP, stamp);
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
  say(
    `  ${files} files, ${kilobytes(firstViewBytes)} of compressed script for the first view (at most ${kilobytes(FIRST_VIEW_LIMIT_BYTES)}): ${seconds} s`,
  );
}

/** Everything that the build reads. Of packages, the lock file says it all. */
const SOURCES = [
  'services/dashboard/web/**/*.{ts,tsx,css,html,json}',
  'shared/{contracts,domain}/**/*.ts',
  'infrastructure/page/**/*.ts',
  'package-lock.json',
  'tsconfig.json',
];

/** As it is deployed, whatever this process is told to be: under Jest, React would come with its checks for developers. */
async function asProduction<T>(work: () => Promise<T>): Promise<T> {
  const before = process.env.NODE_ENV;
  process.env.NODE_ENV = 'production';
  try {
    return await work();
  } finally {
    if (before === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = before;
  }
}

async function runVite(): Promise<void> {
  const { build } = await import('vite');
  await build({
    configFile: false,
    root: WEB,
    base: './',
    logLevel: 'warn',
    // No setting of the caller's reaches the page.
    envDir: false,
    build: {
      outDir: SITE,
      emptyOutDir: true,
      manifest: 'manifest.json',
      // A style or picture within a script would be refused by the page's own policy.
      assetsInlineLimit: 0,
      reportCompressedSize: false,
      rolldownOptions: {
        // Packages mark what runs in browsers; all of this does.
        onLog: (level, log, tell) => log.code !== 'MODULE_LEVEL_DIRECTIVE' && tell(level, log),
      },
    },
  });
}

function packSite(): { files: number; firstViewBytes: number } {
  const names = globSync('assets/**/*.*', { cwd: SITE }).sort();
  const assets = Object.fromEntries(
    names.map((name) => {
      const bytes = readFileSync(join(SITE, name));
      const type = TYPES[extname(name)];
      if (!type) throw new Error(`${name}: say in build-page.ts of which media type it is.`);
      const gzip = gzipSync(bytes, { level: 9 }).toString('base64');
      return [name, { type, brotli: brotliCompressSync(bytes).toString('base64'), gzip }];
    }),
  );
  const index = readFileSync(join(SITE, 'index.html'), 'utf8');
  mkdirSync(OUT, { recursive: true });
  const fresh = `${BUILT_PAGE_FILE}.new`;
  writeFileSync(fresh, JSON.stringify({ index, assets }));
  renameSync(fresh, BUILT_PAGE_FILE);
  const manifest = JSON.parse(readFileSync(join(SITE, 'manifest.json'), 'utf8')) as Manifest;
  const firstViewBytes = firstViewScripts(manifest)
    .map((name) => Buffer.from(assets[name]?.gzip ?? '', 'base64').length)
    .reduce((sum, bytes) => sum + bytes, 0);
  writeFileSync(FIRST_VIEW_BYTES_FILE, String(firstViewBytes));
  return { files: names.length + 1, firstViewBytes };
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1_000).toFixed(1)} KB`;
}

// Without await: jest requires its set-up first, and a module that awaits at its top cannot be required.
if (import.meta.main) void buildPage();
