const transform = {
  '\\.ts$': [
    '@swc/jest',
    { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' } },
  ],
  '\\.lua$': '<rootDir>/shared/testing/lua-transform.js',
};

const common = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts', '.lua'],
  moduleFileExtensions: ['ts', 'js', 'json', 'lua'],
  transform,
  setupFiles: ['<rootDir>/shared/testing/zod-of-its-own.js'],
  modulePathIgnorePatterns: ['<rootDir>/.local/', '<rootDir>/.esbuild/', '<rootDir>/.serverless/'],
};

const deployed = {
  ...common,
  globalSetup: '<rootDir>/tests/environment/set-up.ts',
  globalTeardown: '<rootDir>/tests/environment/tear-down.ts',
};

/**
 * `unit` needs nothing; `integration` runs against Valkey and the local cloud, which it starts itself. The others
 * have an environment to themselves: `faults` makes the whole invoice API fail for minutes, `browser` drives the page,
 * on tables into which it puts what no usage is behind. `crash` needs servers, and nothing that is deployed.
 */
export default {
  // Of all: Jest takes none of a project. Bounds what hangs; how long work takes on a busy machine says nothing about it.
  testTimeout: 60_000,
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: ['**/*.test.ts'],
      testPathIgnorePatterns: ['\\.integration\\.test\\.ts$', '/node_modules/'],
    },
    {
      ...deployed,
      displayName: 'integration',
      testMatch: ['**/*.integration.test.ts'],
      testPathIgnorePatterns: ['/tests/(end-to-end/faults|browser|crash)/', '/node_modules/'],
    },
    {
      ...deployed,
      displayName: 'crash',
      globalSetup: '<rootDir>/tests/environment/set-up-servers.ts',
      testMatch: ['**/tests/crash/*.integration.test.ts'],
    },
    {
      ...deployed,
      displayName: 'browser',
      testMatch: ['**/tests/browser/*.integration.test.ts'],
    },
    {
      ...deployed,
      displayName: 'faults',
      testMatch: ['**/tests/end-to-end/faults/*.integration.test.ts'],
    },
  ],
};
