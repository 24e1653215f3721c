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

const withServers = {
  ...common,
  globalSetup: '<rootDir>/tests/environment/set-up-servers.ts',
  globalTeardown: '<rootDir>/tests/environment/tear-down.ts',
};

const deployed = { ...withServers, globalSetup: '<rootDir>/tests/environment/set-up.ts' };

/**
 * `unit` needs nothing; `integration`, `crash` and `explanations` run against Valkey and the local cloud, which they start
 * themselves; the others against all that is deployed there. Two of these have it to themselves: `faults` makes the whole invoice API
 * fail for minutes, `browser` drives the page, on tables into which it puts what no usage is behind.
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
      ...withServers,
      displayName: 'integration',
      testMatch: ['**/*.integration.test.ts'],
      testPathIgnorePatterns: ['/tests/(end-to-end|browser|crash|explanations)/', '/node_modules/'],
    },
    {
      ...withServers,
      displayName: 'crash',
      testMatch: ['**/tests/crash/*.integration.test.ts'],
    },
    {
      ...withServers,
      displayName: 'explanations',
      testMatch: ['**/tests/explanations/*.integration.test.ts'],
    },
    {
      ...deployed,
      displayName: 'end-to-end',
      testMatch: ['**/tests/end-to-end/*.integration.test.ts'],
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
