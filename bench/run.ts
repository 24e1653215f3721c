import { runCommand } from '#localstack/command.ts';

const SUITES: Readonly<Record<string, () => Promise<void>>> = {
  audit: async () => (await import('./audit/suite.ts')).runAuditBench(),
  charge: async () => (await import('./charge/suite.ts')).runChargeBench(),
  forecast: async () => (await import('./forecast/suite.ts')).runForecastBench(),
  packaging: async () => (await import('./packaging/suite.ts')).runPackagingBench(),
  sending: async () => (await import('./sending/suite.ts')).runSendingBench(),
  'start-up': async () => (await import('./start-up/suite.ts')).runStartUpBench(),
};

await runCommand(async () => {
  const asked = process.env.SUITE || undefined;
  const names = asked === undefined ? Object.keys(SUITES) : [asked];
  for (const name of names) {
    const run = SUITES[name];
    if (!run) throw new Error(`SUITE must be one of ${Object.keys(SUITES).join(', ')}.`);
    await run();
  }
});
