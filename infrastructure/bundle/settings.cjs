/** How esbuild makes the code of a Lambda, for deploys and for what measures the same code. */
const SETTINGS = {
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  mainFields: ['module', 'main'],
  loader: { '.lua': 'text' },
  // Some bundled CommonJS packages call require for modules of Node.
  banner: {
    js: "import { createRequire as tollgateRequire } from 'node:module'; const require = tollgateRequire(import.meta.url);",
  },
};

module.exports = async ({ resolveVariable }) => ({
  ...SETTINGS,
  sourcemap: await resolveVariable('param:sourcemap'),
  outputFileExtension: '.mjs',
  exclude: [],
  concurrency: 4,
  plugins: 'infrastructure/bundle/plugins.ts',
  // Who deploys to a local cloud knows whether what the last deploy left is what this one would make.
  skipBuild: process.env.TOLLGATE_CODE_IS_BUNDLED === 'true',
});

module.exports.SETTINGS = SETTINGS;
