import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connectSimulator } from '#localstack/invoice-api/connect-simulator.ts';
import { NO_FAULTS } from '#localstack/invoice-api/settings.ts';
import { showSteps } from '#localstack/run/progress.ts';
import { startValkey } from '#shared/testing/valkey.ts';
import { formatGoals, type Goal } from '../harness/goals.ts';
import { writeReport } from '../harness/report.ts';
import { inRounds } from '../harness/rounds.ts';
import { isQuick, wholeNumber } from '../harness/settings.ts';
import { type Summary, summarize } from '../harness/statistics.ts';
import { formatTable, whole } from '../harness/table.ts';
import type { SenderPlan } from './sender-process.ts';

/**
 * How much of the allowed rate senders bring about while work waits, and whether they ever go beyond it, as the
 * simulated invoice API counts it: by the sliding second, when a request arrives.
 */

const RATES = [20, 50, 100];
const SENDERS = [1, 2, 4];
const CONCURRENCY = 64;
/** Until connections stand and the first second is over that a new budget waits. */
const WARM_UP_MS = 3_000;
const LEAST_SHARE = 0.98;

interface Case {
  readonly rate: number;
  readonly senders: number;
}

function describeCase({ rate, senders }: Case): string {
  return `${rate} a second, ${senders} sender${senders === 1 ? '' : 's'}`;
}

interface Measured {
  readonly share: number;
  /** The most requests that arrived within a second, those turned away included. */
  readonly busiest: number;
  readonly overLimit: number;
  readonly outcomes: readonly Readonly<Record<string, number>>[];
}

interface Timing {
  readonly rounds: number;
  readonly seconds: number;
  readonly seed: number;
}

function timingFrom(env: NodeJS.ProcessEnv): Timing {
  const quick = isQuick(env);
  return {
    rounds: wholeNumber('ROUNDS', env.ROUNDS, quick ? 1 : 5),
    seconds: wholeNumber('SECONDS', env.SECONDS, quick ? 6 : 20),
    seed: wholeNumber('SEED', env.SEED, 1, 0),
  };
}

function start(file: string, options: { readonly isSender?: boolean } = {}): ChildProcess {
  return fork(join(import.meta.dirname, file), {
    execArgv: options.isSender ? ['--import', './localstack/lua-hook.js'] : [],
    cwd: join(import.meta.dirname, '../..'),
  });
}

async function measure(
  { rate, senders }: Case,
  forMs: number,
  invoiceApiUrl: string,
): Promise<Measured> {
  const simulator = connectSimulator(invoiceApiUrl);
  await simulator.reset();
  await simulator.configure({ requestsPerSecond: rate, shares: NO_FAULTS });
  const valkey = await startValkey();
  const processes = Array.from({ length: senders }, () =>
    start('sender-process.ts', { isSender: true }),
  );
  try {
    const ends = processes.map((process) => once(process, 'message'));
    for (const [sender, process] of processes.entries()) {
      const plan: SenderPlan = {
        ...{ sender, redisUrl: valkey.url, invoiceApiUrl, ratePerSecond: rate },
        ...{ concurrency: CONCURRENCY, forMs: WARM_UP_MS + forMs + 1_000 },
      };
      process.send(plan);
    }
    await delay(WARM_UP_MS);
    const before = await simulator.counters();
    const beganMs = performance.now();
    await delay(forMs);
    const after = await simulator.counters();
    const seconds = (performance.now() - beganMs) / 1_000;
    const outcomes = (await Promise.all(ends)).map(([each]) => each as Record<string, number>);
    const last = await simulator.counters();
    return {
      share: ((after.requests ?? 0) - (before.requests ?? 0)) / seconds / rate,
      busiest: last.requestsPerSecondPeak ?? Number.NaN,
      overLimit: last.overLimit ?? Number.NaN,
      outcomes,
    };
  } finally {
    for (const process of processes) process.kill();
    await valkey.stop();
  }
}

/** Measures, prints, writes sending.json. */
export async function runSendingBench(): Promise<void> {
  const timing = timingFrom(process.env);
  const { rounds, seconds, seed } = timing;
  const cases = RATES.flatMap((rate) => SENDERS.map((senders) => ({ rate, senders })));
  console.log(`\nSending: ${rounds} rounds of ${seconds} s for each case, seed ${seed}`);
  const api = start('invoice-api-process.ts');
  try {
    const [port] = await once(api, 'message');
    const results = await showSteps().step('sending', (show) =>
      inRounds(cases, timing, (each, round) => {
        show(`round ${round + 1} of ${rounds}: ${describeCase(each)}`);
        return measure(each, seconds * 1_000, `http://127.0.0.1:${port}`);
      }),
    );
    const cells = cases.map((each, index) => ({ ...each, rounds: results[index] ?? [] }));
    print(cells);
    const goals = goalsOf(cells);
    console.log(`\n${formatGoals(goals)}\n`);
    const report = { node: process.version, ...timing, goals, cells };
    console.log(`  All figures of all rounds: ${await writeReport('sending', report)}`);
  } finally {
    api.disconnect();
  }
}

type Cell = Case & { readonly rounds: readonly Measured[] };

function print(cells: readonly Cell[]): void {
  const rows = cells.map(({ rate, senders, rounds }) => [
    describeCase({ rate, senders }),
    percents(summarize(rounds.map(({ share }) => share))),
    whole(Math.max(...rounds.map(({ busiest }) => busiest))),
    whole(sumOf(rounds)),
  ]);
  const header = ['allowed', '% of it used', 'busiest second', 'over the limit (429)'];
  console.log(`\n${formatTable(header, rows)}`);
}

function goalsOf(cells: readonly Cell[]): Goal[] {
  const shares = cells.map(({ rate, senders, rounds }) => ({
    where: `the least: ${describeCase({ rate, senders })}; median`,
    share: summarize(rounds.map(({ share }) => share)).median,
  }));
  const least = shares.reduce((one, other) => (other.share < one.share ? other : one));
  return [
    {
      ...{ goal: 'share of the allowed rate', bound: '>=', limit: LEAST_SHARE },
      ...{ measured: Math.floor(least.share * 1_000) / 1_000, where: least.where },
    },
    {
      ...{ goal: 'requests over the limit', bound: '<=', limit: 0 },
      ...{ measured: sumOf(cells.flatMap(({ rounds }) => rounds)), where: 'all cases and rounds' },
    },
  ];
}

function sumOf(rounds: readonly Measured[]): number {
  return rounds.reduce((sum, { overLimit }) => sum + overLimit, 0);
}

function percents({ median, min, max }: Summary): string {
  const percent = (share: number) => (share * 100).toFixed(1);
  return `${percent(median)} (${percent(min)}–${percent(max)})`;
}
