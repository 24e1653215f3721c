/** Who may import whom. Paths are seen from the top of the repository. */

const TEST = ['\\.test\\.ts$', '/testing/', '^tests/'];
/** Measures what is deployed by what tests it. */
const BENCH = '^bench/';
const WIRING = '^services/.+wiring\\.ts$';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'domain-is-pure',
      comment: 'shared/domain imports itself, and of Node only what is a pure function.',
      severity: 'error',
      from: { path: '^shared/domain/', pathNot: TEST },
      to: { pathNot: ['^shared/domain/', '^(node:)?(crypto|zlib)$'] },
    },
    {
      name: 'contracts-know-the-domain',
      comment: 'shared/contracts imports itself, shared/domain and zod.',
      severity: 'error',
      from: { path: '^shared/contracts/', pathNot: TEST },
      to: { pathNot: ['^shared/(contracts|domain)/', '^node_modules/zod/'] },
    },
    {
      name: 'shared-knows-no-service',
      severity: 'error',
      from: { path: '^shared/' },
      to: { path: '^services/' },
    },
    {
      name: 'product-knows-no-tools',
      comment: 'What is deployed does not need what runs, tests, measures or checks it.',
      severity: 'error',
      from: { path: '^(services|shared)/', pathNot: TEST },
      to: { path: '^(localstack|tests|bench|checks|infrastructure)/' },
    },
    {
      name: 'services-meet-in-public',
      comment: 'A service imports another only through its public.ts.',
      severity: 'error',
      from: { path: '^services/([^/]+)/' },
      to: { path: '^services/', pathNot: ['^services/$1/', '^services/[^/]+/public\\.ts$'] },
    },
    {
      name: 'wiring-reads-the-environment',
      comment: 'Settings reach everything else as arguments.',
      severity: 'error',
      from: { path: '^(services|shared)/', pathNot: [...TEST, WIRING, '^shared/platform/'] },
      to: { path: '^shared/platform/(env|settings)\\.ts$' },
    },
    {
      name: 'handlers-use-the-wiring',
      comment:
        'Use cases take what they need as arguments. A wiring may build on another one of its service.',
      severity: 'error',
      from: { path: '^services/', pathNot: [...TEST, WIRING, '^services/[^/]+/handlers/'] },
      to: { path: WIRING },
    },
    {
      name: 'nobody-imports-handlers',
      severity: 'error',
      from: { pathNot: [...TEST, BENCH] },
      to: { path: '^services/[^/]+/handlers/' },
    },
    {
      name: 'testing-is-for-tests',
      severity: 'error',
      from: { pathNot: [...TEST, BENCH] },
      to: { path: '^(shared|services/[^/]+)/testing/' },
    },
    {
      name: 'no-development-packages',
      comment: 'What is deployed lists its packages under dependencies; types are gone by then.',
      severity: 'error',
      from: { path: '^(services|shared)/', pathNot: TEST },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'npm-optional'],
        dependencyTypesNot: ['type-only'],
      },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    // Imports of types count too.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
    },
  },
};
