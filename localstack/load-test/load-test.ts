import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import pMap from 'p-map';
import { ulid } from 'ulid';
import { type ApiTarget, localTarget } from '#localstack/api-target.ts';
import { runCommand } from '#localstack/command.ts';
import { REPOSITORY_FOLDER, readLocalEnvironment } from '#localstack/environment.ts';
import { type Api, connectApi } from '#localstack/run/api.ts';
import { count, type Steps, showSteps } from '#localstack/run/progress.ts';
import { deployLocally } from '#localstack/stack.ts';
import { startEnvironment } from '#localstack/start.ts';
import { formatMicros } from '#shared/domain/money.ts';
import { checkLoad, type FinalBalance } from './check.ts';
import { CURRENCY, type LoadPlan, type PlannedAccount, planLoad } from './plan.ts';
import { describeReport, type LoadReport, reportOf } from './report.ts';
import { mayBeSentAgain, sendAgain, sendCharges } from './send.ts';
import { type LoadSettings, readLoadSettings } from './settings.ts';

const REPORT_FILE = join('.local', 'load-test.json');
/** Accounts are opened and read by fewer, so that the load finds the API as it was. */
const ACCOUNTS_AT_ONCE = 8;

/** Charges the deployed API from many callers at once, and checks every answer and every balance. */
async function runLoadTest({ target, ...size }: LoadSettings): Promise<boolean> {
  const plan = planLoad({ ...size, runId: ulid().toLowerCase(), newId: () => ulid() });
  console.log(
    `${count(plan.requests.length)} requests for ${count(size.charges)} charges on ${count(size.accounts)} accounts, ${count(size.callers)} at once (CHARGES=${size.charges} ACCOUNTS=${size.accounts} CALLERS=${size.callers} SEED=${size.seed}).`,
  );
  const steps = showSteps();
  const api = target ?? (await startLocally(steps));
  const startedMs = performance.now();
  const report = await load(api, plan, size, steps);
  writeReport(report);
  console.log('');
  for (const line of describeReport(report)) console.log(`  ${line}`.trimEnd());
  console.log('');
  console.log(`  The whole report: ${REPORT_FILE}`);
  const minutes = Math.ceil((performance.now() - startedMs) / 60_000);
  console.log(
    `  How long the function itself took: make latency SINCE=${minutes}${target ? ' STAGE=…' : ''}`,
  );
  return report.isExact;
}

async function startLocally(steps: Steps): Promise<ApiTarget> {
  const environment = readLocalEnvironment();
  await steps.step('start the local environment', async (show) =>
    startEnvironment(environment, show),
  );
  await steps.step('deploy', () => deployLocally(environment));
  return steps.step('load prices and an API key', () => localTarget(environment));
}

async function load(
  target: ApiTarget,
  plan: LoadPlan,
  { callers, ...size }: Omit<LoadSettings, 'target'>,
  { step }: Steps,
): Promise<LoadReport> {
  const api = connectApi(target.url, target.apiKey);
  await step(`open ${count(plan.accounts.length)} accounts`, () =>
    openAccounts(api, plan.accounts),
  );
  const total = plan.requests.length;
  const exchanges = await step(`send ${count(total)} requests`, (show) =>
    sendCharges(target, plan.requests, callers, (sent) =>
      show(`${count(sent)} of ${count(total)}`),
    ),
  );
  const again = exchanges.some(mayBeSentAgain)
    ? await step('send again what has no answer', () =>
        sendAgain(exchanges, (charges) => sendCharges(target, charges, callers)),
      )
    : [];
  const balances = await step('read every balance', () => readBalances(api, plan.accounts));
  return reportOf(
    {
      plan,
      callers,
      exchanges,
      again,
      settings: {
        CHARGES: size.charges,
        ACCOUNTS: size.accounts,
        CALLERS: callers,
        SEED: size.seed,
        API: target.url,
      },
    },
    checkLoad(plan, [...exchanges, ...again], balances),
  );
}

async function openAccounts(api: Api, accounts: readonly PlannedAccount[]): Promise<void> {
  await pMap(
    accounts,
    async ({ client, openingMicros }) => {
      const openingBalance = formatMicros(openingMicros, 2);
      const { status, body } = await api.post('/v1/accounts', {
        client,
        currency: CURRENCY,
        openingBalance,
      });
      if (status >= 300) {
        throw new Error(`Opening ${client} was answered ${status}: ${JSON.stringify(body)}`);
      }
    },
    { concurrency: ACCOUNTS_AT_ONCE },
  );
}

async function readBalances(
  api: Api,
  accounts: readonly PlannedAccount[],
): Promise<ReadonlyMap<string, FinalBalance>> {
  const balances = await pMap(
    accounts,
    async ({ client }) => {
      const { status, body } = await api.get(`/v1/accounts/${client}`);
      if (status !== 200) {
        throw new Error(`Reading ${client} was answered ${status}: ${JSON.stringify(body)}`);
      }
      return [
        client,
        { balance: String(body.balance), available: String(body.available) },
      ] as const;
    },
    { concurrency: ACCOUNTS_AT_ONCE },
  );
  return new Map(balances);
}

function writeReport(report: LoadReport): void {
  const file = join(REPOSITORY_FOLDER, REPORT_FILE);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
}

await runCommand(async () => {
  if (!(await runLoadTest(readLoadSettings(process.env)))) process.exitCode = 1;
});
