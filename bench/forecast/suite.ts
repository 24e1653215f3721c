import { setTimeout as delay } from 'node:timers/promises';
import { readLocalEnvironment } from '#localstack/environment.ts';
import { connectSimulator } from '#localstack/invoice-api/connect-simulator.ts';
import { NO_FAULTS } from '#localstack/invoice-api/settings.ts';
import { loadData } from '#localstack/load.ts';
import { type Api, connectApi } from '#localstack/run/api.ts';
import { type Cloud, connectCloud } from '#localstack/run/cloud.ts';
import { type Steps, showSteps } from '#localstack/run/progress.ts';
import { prepareSending } from '#localstack/run/sending.ts';
import { invoiceItem, packedLines } from '#services/invoicing/testing/memory-store.ts';
import { Progress } from '#shared/contracts/progress.ts';
import { RESTING_STATES } from '#shared/domain/invoice.ts';
import { putItems } from '#shared/platform/dynamo.ts';
import { periodItem } from '#shared/testing/stored-usage.ts';
import { formatGoals, type Goal } from '../harness/goals.ts';
import { writeReport } from '../harness/report.ts';
import { isQuick } from '../harness/settings.ts';
import { formatTable } from '../harness/table.ts';
import { startBenchCloud } from '../packaging/cloud.ts';
import { errorsOf, largest, type Told, type Watched } from './errors.ts';

/**
 * How right GET /v1/progress is about when everything will be done: whole runs on the deployed stack, forecasts noted
 * while they go on and held against their end.
 */

const SHARDS = 32;
const LOOK_MS = 2_000;
const LONGEST_MS = 1_800_000;
const LIMIT = 0.1;

interface Case {
  readonly name: string;
  readonly period: string;
  readonly invoices: number;
  /** Of the simulated invoice API, whose limit is the rate that is set. */
  readonly settings: object;
}

function casesOf(quick: boolean): Case[] {
  const part = (invoices: number) => (quick ? Math.round(invoices / 5) : invoices);
  const decisionMs = { min: 500, max: 2_500 };
  return [
    {
      ...{ name: 'usual latency and faults', period: '2026-01-H1', invoices: part(3_500) },
      settings: { latencyMs: { min: 40, max: 250 }, decisionMs },
    },
    {
      ...{ name: 'late decisions, many polls', period: '2026-01-H2', invoices: part(4_500) },
      settings: { decisionMs: { min: 3_000, max: 15_000 }, shares: NO_FAULTS },
    },
    {
      ...{ name: 'slower than its limit', period: '2026-02-H1', invoices: part(1_300) },
      settings: { latencyMs: { min: 2_000, max: 2_800 }, decisionMs, shares: NO_FAULTS },
    },
  ];
}

interface Bench {
  readonly api: Api;
  readonly cloud: Cloud;
  readonly invoiceApiUrl: string;
  readonly steps: Steps;
}

async function putInvoices(cloud: Cloud, { period, invoices }: Case): Promise<void> {
  const nowMs = BigInt(Date.now());
  const times = { packagedAtMs: nowMs, dueAtMs: nowMs, updatedAtMs: nowMs };
  const items = Array.from({ length: invoices }, (_, index) => {
    const client = `client-${String(index).padStart(5, '0')}`;
    const item = invoiceItem({ client, period, ...times });
    return [{ ...packedLines(item) }, { ...item }];
  });
  await putItems(cloud.dynamo, `${cloud.prefix}-usage`, [periodItem(period)]);
  await putItems(cloud.dynamo, `${cloud.prefix}-invoices`, items.flat());
}

async function watch(
  { api }: Bench,
  { period, invoices }: Case,
  startedAtMs: number,
  show: (state: string) => void,
): Promise<Watched> {
  const told: Told[] = [];
  const limitMs = startedAtMs + LONGEST_MS;
  while (Date.now() < limitMs) {
    const { body } = await api.get(`/v1/progress?period=${period}`);
    const { asOf, byState, forecast } = Progress.parse(body);
    const atMs = Date.parse(asOf);
    const states = Object.entries(byState);
    const resting = states.filter(([state]) => RESTING_STATES.some((each) => each === state));
    const atRest = resting.reduce((sum, [, number]) => sum + number, 0);
    if (atRest === invoices) return { startedAtMs, endedAtMs: atMs, told };
    const doneShare = atRest / invoices;
    if (forecast) told.push({ atMs, doneAtMs: Date.parse(forecast.doneAt), doneShare });
    show(states.map(([state, number]) => `${number} ${state}`).join(', '));
    await delay(LOOK_MS);
  }
  throw new Error(`The invoices were not all at rest within ${LONGEST_MS / 1_000} s`);
}

async function measure(bench: Bench, each: Case): Promise<Watched> {
  const { cloud, invoiceApiUrl, steps } = bench;
  const simulator = connectSimulator(invoiceApiUrl);
  await simulator.reset();
  await simulator.configure(each.settings);
  await putInvoices(cloud, each);
  const sending = prepareSending(cloud, invoiceApiUrl);
  return steps.step(each.name, async (show) => {
    const startedAtMs = Date.now();
    sending.start();
    try {
      return await watch(bench, each, startedAtMs, show);
    } finally {
      await sending.stop();
    }
  });
}

/** Measures, prints, writes forecast.json. */
export async function runForecastBench(): Promise<void> {
  const cases = casesOf(isQuick(process.env));
  const steps = showSteps();
  console.log('\nForecast: when all will be done, as told during whole runs');
  const started = await steps.step('start a local cloud, deploy', () => startBenchCloud(SHARDS));
  try {
    const environment = readLocalEnvironment(process.env, 'bench');
    const { apiKey } = await loadData(environment);
    const { httpApiUrl, invoiceApiUrl } = environment;
    const api = connectApi(httpApiUrl, apiKey);
    const bench = { api, cloud: connectCloud(environment), invoiceApiUrl, steps };
    const runs: (Case & Watched)[] = [];
    for (const each of cases) runs.push({ ...each, ...(await measure(bench, each)) });
    print(runs);
    const goals = runs.map(goalOf);
    console.log(`\n${formatGoals(goals)}\n`);
    const report = { node: process.version, goals, runs };
    console.log(`  All forecasts: ${await writeReport('forecast', report)}`);
  } finally {
    await started.stop();
  }
}

/** Of a run, the first forecast after these shares were at rest. */
const SHARES = [0.1, 0.25, 0.5, 0.75, 0.9];

function print(runs: readonly (Case & Watched)[]): void {
  const rows = runs.map((run) => {
    const errors = errorsOf(run);
    const at = SHARES.map((share) => {
      const index = run.told.findIndex(({ doneShare }) => doneShare >= share);
      const error = errors[index];
      return error === undefined ? '-' : `${error > 0 ? '+' : ''}${(error * 100).toFixed(1)}`;
    });
    const seconds = (run.endedAtMs - run.startedAtMs) / 1_000;
    return [run.name, String(run.invoices), seconds.toFixed(0), String(errors.length), ...at];
  });
  const shares = SHARES.map((share) => `at ${share * 100} %`);
  const header = ['run', 'invoices', 'seconds', 'forecasts', ...shares];
  console.log(`\n  How far off, in % of the whole time; late is above zero`);
  console.log(formatTable(header, rows));
}

function goalOf(run: Case & Watched): Goal {
  return {
    ...{ goal: 'largest error of a forecast', bound: '<=', limit: LIMIT },
    ...{ measured: largest(errorsOf(run)), where: run.name },
  };
}
