import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { runInNewContext } from 'node:vm';
import type { OnLoadResult, Plugin } from 'esbuild';
import { builtPage } from './built-page.ts';
import { packCommands } from './commands.ts';
import { asEcmaScriptModule } from './ecma-script-module.ts';
import { withPlainFields } from './plain-fields.ts';

/** What the README here says is left out of bundles, or made smaller. */

const require = createRequire(import.meta.url);
const IOREDIS = '6.0.0';

/** Parts of ioredis that only options lead to which nothing here sets, and what stands in for them. */
const REPLACED: Readonly<Record<string, string>> = {
  'autoPipelining.js': 'auto-pipelining.js',
  'cluster/ClusterSubscriber.js': 'cluster-subscriber.js',
  'cluster/ClusterSubscriberGroup.js': 'cluster-subscriber-group.js',
  'connectors/SentinelConnector/index.js': 'sentinel.js',
  'constants/TLSProfiles.js': 'tls-profiles.js',
  'himport/HimportCoordinator.js': 'himport.js',
  'index.js': 'index.js',
  'utils/debug.js': 'debug.js',
};

function loadIoredis(file: string, part: string): OnLoadResult {
  const replacement = REPLACED[part];
  const resolveDir = dirname(file);
  if (replacement) {
    return { ...js(read(join(import.meta.dirname, 'ioredis', replacement))), resolveDir };
  }
  const text = read(file);
  const module = asEcmaScriptModule(part === 'resp/decoder.js' ? withPlainFields(text) : text);
  return { ...js(withoutTracing(withoutShardedSubscribers(module))), resolveDir };
}

/** What the constructor of a cluster refuses does not come up later. */
function withoutShardedSubscribers(text: string): string {
  return text.replace(/\b_?this\.options\.shardedSubscribers(?!\) {\s+this\.create)/g, 'false');
}

/** Lets the bundler drop the messages that `debug.js` would not print. */
function withoutTracing(text: string): string {
  return text
    .replace(/^(\s*)debug\(/gm, '$1/* @__PURE__ */ debug(')
    .replace('= (0, utils_1.Debug)(', '= /* @__PURE__ */ (0, utils_1.Debug)(');
}

/** CRC16 of each byte, which takes less to compute than to write down. */
const SLOTS = `Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  return crc & 0xffff;
})`;

function packSlots(text: string): string {
  const table = /(?<=^var lookup = )\[[^\]]*\]/m;
  const written = table.exec(text)?.[0];
  if (!written || runInNewContext(`${written}.join()`) !== runInNewContext(`${SLOTS}.join()`)) {
    throw new Error('cluster-key-slot has another table.');
  }
  return text.replace(table, SLOTS);
}

/** Comments and indentation are not sent to Redis; lines stay where they are, since errors name them. */
function packLua(text: string): string {
  if (/\[=*\[/.test(text)) throw new Error('Long brackets in Lua: teach the bundle to keep them.');
  return text.replace(/^[ \t]+/gm, '').replace(/^--.*$/gm, '');
}

const slimIoredis: Plugin = {
  name: 'slim-ioredis',
  setup(build) {
    const root = dirname(require.resolve('ioredis/package.json'));
    const { version } = require('ioredis/package.json') as { version: string };
    build.onStart(() => {
      if (version === IOREDIS) return;
      const text = `infrastructure/bundle leaves parts of ioredis ${IOREDIS} out, not ${version}: read anew what it may, then change the version in plugins.ts.`;
      return { errors: [{ text }] };
    });
    const filter =
      /[\\/](ioredis[\\/]built|@ioredis[\\/]commands|redis-errors|cluster-key-slot)[\\/].*\.js(on)?$/;
    build.onLoad({ filter }, ({ path }) => {
      if (path.endsWith('commands.json')) return js(packCommands(read(path)));
      if (/redis-errors[\\/]index\.js$/.test(path)) {
        return { ...js("module.exports = require('./lib/modern');"), resolveDir: dirname(path) };
      }
      if (path.includes('cluster-key-slot')) return js(packSlots(read(path)));
      const part = relative(join(root, 'built'), path).replaceAll('\\', '/');
      return part.startsWith('..') ? undefined : loadIoredis(path, part);
    });
  },
};

const slimLua: Plugin = {
  name: 'slim-lua',
  setup(build) {
    build.onLoad({ filter: /\.lua$/ }, ({ path }) => ({
      contents: packLua(read(path)),
      loader: 'text',
    }));
  },
};

/**
 * The functions of zod, and of the contracts, that make a schema or a check. Not `parse`: what only looks whether a value
 * is right must stay.
 */
const MAKES_SCHEMA =
  /(?<![\w.$]|function )((?:refused|z\s*\.(?:string|strictObject|optional|literal|enum|object|refine|number|regex|minLength|maxLength|array|_default|transform|pipe|int|gte|lte|union|extend|discriminatedUnion|boolean|url))\()/g;

const MAKES_SCRIPT = /^(const \w+ = )(\w+Script\()/gm;

/**
 * Tells the bundler that making a schema or a script has no effect but its result, so that those that a Lambda does not
 * use are not in it. The authors of zod say so too, but the bundler heeds that only within one file.
 */
const unusedContracts: Plugin = {
  name: 'unused-contracts',
  setup(build) {
    build.onLoad({ filter: /[\\/](shared|services)[\\/].*\.ts$/ }, ({ path }) => ({
      contents: read(path)
        .replace(MAKES_SCHEMA, '/* @__PURE__ */ $1')
        .replace(MAKES_SCRIPT, '$1/* @__PURE__ */ $2'),
      loader: 'ts',
    }));
  },
};

const read = (file: string) => readFileSync(file, 'utf8');
const js = (contents: string): OnLoadResult => ({ contents, loader: 'js' });

// The first that answers for a file has it.
export default [builtPage, slimIoredis, slimLua, unusedContracts];
