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
  modulePathIgnorePatterns: ['<rootDir>/.local/', '<rootDir>/.esbuild/', '<rootDir>/.serverless/'],
};

/** `unit` needs nothing; `integration` runs against Valkey and the local cloud, which it starts itself. */
export default {
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: ['**/*.test.ts'],
      testPathIgnorePatterns: ['\\.integration\\.test\\.ts$', '/node_modules/'],
      testTimeout: 30_000,
    },
    {
      ...common,
      displayName: 'integration',
      testMatch: ['**/*.integration.test.ts'],
      // Bounds what hangs; how long work takes on a busy machine says nothing about it.
      testTimeout: 60_000,
      globalSetup: '<rootDir>/tests/environment/set-up.ts',
      globalTeardown: '<rootDir>/tests/environment/tear-down.ts',
    },
  ],
};
