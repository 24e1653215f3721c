import { cpus, freemem } from 'node:os';
import { count, type Steps, showSteps } from '#localstack/run/progress.ts';
import type { WorkerSpeed } from '#services/packaging/chunk-size.ts';
import { shardOf } from '#shared/domain/shard.ts';
import { formatGoals } from '../harness/goals.ts';
import { BENCH_FOLDER, writeReport } from '../harness/report.ts';
import { inRounds } from '../harness/rounds.ts';
import { checkPackaged } from './check.ts';
import { CLIENT_BYTES, clientsOfChunk, clientsOfRun, periodOf } from './clients.ts';
import { type BenchCloud, startBenchCloud } from './cloud.ts';
import { packagingGoals } from './packaging-goals.ts';
import { type Plan, planFrom } from './plan.ts';
import { formatRuns, formatWorker } from './print.ts';
import type { RunResult, WorkerResult } from './results.ts';
import { seedUsage } from './seed.ts';
import { readSettings } from './settings.ts';
import { measureChanges } from './way-to-accepted.ts';
import { buildWorker } from './worker.ts';
import type { Measurement, Task } from './worker-process.ts';

interface Bench {
  readonly plan: Plan;
  readonly cloud: BenchCloud;
  readonly steps: Steps;
  readonly work: (task: Task) => Promise<Measurement>;
  readonly timeLimitMs: number;
}

/** Packaging: what one worker does, and whole runs: measures, prints, writes packaging.json. */
export async function runPackagingBench(): Promise<void> {
  const plan = planFrom(process.env);
  const settings = readSettings();
  const startedAt = new Date();
  console.log(
    `\nPackaging: clients with 15 days and 3 meters each, ${plan.shards} shards, ${plan.rounds} rounds of one worker, seed ${plan.seed}`,
  );
  requireMemory(plan);
  const steps = showSteps();
  const inBench = <T>(measure: (bench: Bench) => Promise<T>) =>
    withCloud(plan, settings, steps, measure);
  const worker = await inBench(measureWorker);
  console.log(`${formatWorker(worker)}\n`);
  const runs: RunResult[] = [];
  for (const clients of plan.runs) {
    runs.push(await inBench((bench) => measureRun(bench, worker, clients)));
  }
  const goals = packagingGoals(worker, runs, settings);
  console.log(formatRuns(runs));
  console.log(`\n${formatGoals(goals)}\n`);
  const about = {
    startedAt: startedAt.toISOString(),
    ...plan,
    settings,
    node: process.version,
    cpus: cpus().map(({ model }) => model),
  };
  const report = { ...about, worker, whole: runs, goals };
  console.log(`  All figures of all rounds: ${await writeReport('packaging', report)}`);
}

/** Each part has a local cloud that holds nothing else: what is in its memory neither slows another part nor adds to it. */
async function withCloud<T>(
  plan: Plan,
  settings: WorkerSpeed,
  steps: Steps,
  measure: (bench: Bench) => Promise<T>,
): Promise<T> {
  const cloud = await steps.step('start a local cloud, deploy', () => startBenchCloud(plan.shards));
  try {
    const work = await buildWorker(BENCH_FOLDER, {
      ...cloud.variables,
      USAGE_TABLE: cloud.usageTable,
      INVOICES_TABLE: cloud.invoicesTable,
      SHARDS: String(plan.shards),
      BILLING_TIME_ZONE: 'UTC',
      PACKAGING_CLIENTS_PER_SECOND: String(settings.clientsPerSecond),
      PACKAGING_CHUNK_SECONDS: String(settings.timeLimitSeconds),
      CARRY_OVER: 'true',
      POWERTOOLS_SERVICE_NAME: 'bench',
      POWERTOOLS_METRICS_NAMESPACE: 'Tollgate',
    });
    const timeLimitMs = settings.timeLimitSeconds * 1_000;
    return await measure({ plan, cloud, steps, work, timeLimitMs });
  } finally {
    await cloud.stop();
  }
}

async function measureWorker({
  plan,
  cloud,
  steps,
  work,
  timeLimitMs,
}: Bench): Promise<WorkerResult[]> {
  let measurements = 0;
  const measured = await steps.step('one worker', (show) =>
    inRounds(plan.chunks, plan, async (count, round) => {
      const period = periodOf(measurements);
      const clients = clientsOfChunk(`worker-${measurements}`, count, plan.shards);
      measurements += 1;
      const where = `round ${round + 1} of ${plan.rounds}, ${count} clients`;
      await seedUsage(tableOf(cloud), plan.shards, period, clients, (seeded) =>
        show(`${where}: ${seeded} seeded`),
      );
      show(where);
      const end = Math.max(...clients.map((client) => shardOf(client, plan.shards))) + 1;
      const chunk = { period, from: { shard: 0, client: '' }, to: { shard: end, client: '' } };
      const result = await work({ chunk, timeLimitMs });
      await checkPackaged(cloud, plan.shards, period, clients);
      return result;
    }),
  );
  return plan.chunks.map((clients, index) => ({ clients, rounds: measured[index] ?? [] }));
}

async function measureRun(
  { plan, cloud, steps, work }: Bench,
  worker: readonly WorkerResult[],
  size: number,
): Promise<RunResult> {
  const period = periodOf(0);
  const clients = [...clientsOfRun('run', size)];
  await steps.step(`seed ${count(size)} clients`, (show) =>
    seedUsage(tableOf(cloud), plan.shards, period, clients, (seeded) => show(count(seeded))),
  );
  const planned = await steps.step(`plan ${count(size)} clients alone`, () =>
    work({ plan: { period } }),
  );
  const { run, seconds, retries } = await steps.step(`package ${count(size)} clients`, (show) =>
    cloud.packagePeriod(period, show),
  );
  await steps.step(`check ${count(size)} clients`, () =>
    checkPackaged(cloud, plan.shards, period, clients),
  );
  const changeWriteUnits = await steps.step('change states', () =>
    measureChanges(cloud, period, clients),
  );
  const large = worker.at(-1) as WorkerResult;
  const perClient = (large.rounds[0] as Measurement).readUnits / large.clients;
  return {
    clients: size,
    seconds,
    retries,
    run,
    chunks: planned.chunks,
    readUnits: perClient * size + planned.readUnits,
    changeWriteUnits,
    planSeconds: planned.seconds,
    planResidentBytes: planned.peakResidentBytes,
    cloudResidentBytes: cloud.residentBytes(),
  };
}

function tableOf({ dynamo, usageTable }: BenchCloud) {
  return { dynamo, table: usageTable };
}

/** Rather a sentence now than a machine without memory after half an hour. */
function requireMemory({ rounds, chunks, runs }: Plan): void {
  const clients = Math.max(...runs, rounds * (chunks[0] + chunks[1]));
  const gigabytes = (bytes: number) => (bytes / 1024 ** 3).toFixed(1);
  const needed = clients * CLIENT_BYTES;
  if (freemem() > needed) return;
  throw new Error(
    `The local cloud keeps its tables in memory: ${count(clients)} clients take some ${gigabytes(needed)} GB, and ${gigabytes(freemem())} GB are free. Choose fewer, for instance SIZES=1000,10000.`,
  );
}
