import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { showSteps } from '#localstack/run/progress.ts';
import { startValkey } from '#shared/testing/valkey.ts';
import { formatGoals } from '../harness/goals.ts';
import { BENCH_FOLDER, writeReport } from '../harness/report.ts';
import { startMemcached } from '../rivals/memcached-server.ts';
import type { Cell } from './cells.ts';
import { chargeGoals, type ServerResult } from './charge-goals.ts';
import type { Message, ServerPlan } from './measure-server.ts';
import { measureMemory } from './memory.ts';
import { APPEND_ONLY, type Timing, timingFrom } from './plan.ts';
import { formatMemory, formatServer } from './print.ts';
import { handlerEnvironment } from './tollgate.ts';

/** A queue of 128 batches of 1,000 with every write on the disk takes seconds. */
const COMMAND_TIMEOUT_MS = 10_000;

/** Charging, ours and the rivals': measures, prints, writes charge.json. */
export async function runChargeBench(): Promise<void> {
  const timing = timingFrom(process.env);
  const startedAt = new Date();
  const { rounds, forMs, seed } = timing;
  console.log(
    `\nCharge: ${rounds} rounds, ${forMs} ms a measurement, seed ${seed} (SEED=${seed} repeats the order)`,
  );
  const steps = showSteps();
  const memcached = await startMemcached();
  if (!memcached) {
    console.log(
      '  memcached is left out: there is none on the PATH. Install it to have it measured.',
    );
  }
  try {
    const results: ServerResult[] = [];
    for (const { name, options } of APPEND_ONLY) {
      const cells = await steps.step(`append-only file: ${name}`, (show) =>
        measureServer(name, options, { ...timing, memcachedPort: memcached?.port }, show),
      );
      results.push({ appendOnly: name, cells });
    }
    const memory = await steps.step('memory', () => measureMemory());
    const goals = chargeGoals(results, memory);
    for (const result of results) console.log(formatServer(result));
    console.log(formatMemory(memory));
    console.log(`\n${formatGoals(goals)}\n`);
    const file = await writeReport('charge', {
      startedAt: startedAt.toISOString(),
      ...timing,
      node: process.version,
      memcached: memcached?.version ?? null,
      cpus: cpus().map(({ model }) => model),
      servers: results,
      memory,
      goals,
    });
    console.log(`  All figures of all rounds: ${file}`);
  } finally {
    await memcached?.stop();
  }
}

async function measureServer(
  name: string,
  options: readonly string[],
  timing: Timing & Pick<ServerPlan, 'memcachedPort'>,
  show: (state: string) => void,
): Promise<readonly Cell[]> {
  const folder = join(BENCH_FOLDER, `valkey-${name.replaceAll(' ', '-')}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // What a measurement leaves is removed before the next, not beside it; rewrites of the file would fall on some of them.
  const valkey = await startValkey(
    ...options,
    ...['--dir', folder, '--lazyfree-lazy-user-del', 'no', '--auto-aof-rewrite-percentage', '0'],
  );
  try {
    return await measureInProcess(
      { ...timing, redisUrl: valkey.url, commandTimeoutMs: COMMAND_TIMEOUT_MS },
      show,
    );
  } finally {
    await valkey.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureInProcess(
  plan: ServerPlan,
  show: (state: string) => void,
): Promise<readonly Cell[]> {
  const child = fork(join(import.meta.dirname, 'measure-server.ts'), [JSON.stringify(plan)], {
    env: { ...process.env, ...handlerEnvironment(plan.redisUrl, plan.commandTimeoutMs) },
    execArgv: [...process.execArgv, '--expose-gc'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  let cells: readonly Cell[] | undefined;
  child.on('message', (message: Message) => {
    if (message.type === 'progress') show(message.text);
    else cells = message.cells;
  });
  const [status] = await once(child, 'exit');
  if (status !== 0 || !cells) throw new Error(`Measuring ended with status ${status}.`);
  return cells;
}
