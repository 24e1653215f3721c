import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { connectSimulator } from '#localstack/invoice-api/connect-simulator.ts';
import { toSubmission } from '#services/invoicing/to-submission.ts';
import {
  type FrozenPackage,
  type HistoryEntry,
  statePartitionOf,
} from '#services/packaging/public.ts';
import type { InvoiceState } from '#shared/domain/invoice.ts';
import type { RedisClient } from '#shared/platform/redis.ts';
import type { Order } from '../../crash/plan.ts';
import { accepted, checkBooks } from './check-books.ts';
import { finish } from './finish.ts';
import type { LoopPlan } from './loop-process.ts';
import { loopTools } from './loop-tools.ts';
import { createOwnInvoices } from './own-invoices.ts';
import { startOwnSimulator } from './own-simulator.ts';
import { frozenPackage, putPackages } from './packages.ts';

/** What one run of a loop has to do, and so which steps it comes by. */
export interface Errand {
  readonly name: string;
  readonly loop: 'send' | 'poll';
  readonly state: InvoiceState;
  /** Whether the invoice API has it from the start. */
  readonly isBooked: boolean;
}

export const ERRANDS: readonly Errand[] = [
  { name: 'sends', loop: 'send', state: 'packaged', isBooked: false },
  { name: 'looks up what was taken', loop: 'send', state: 'unknown', isBooked: true },
  { name: 'looks up what was not, and sends it', loop: 'send', state: 'unknown', isBooked: false },
  { name: 'asks for the decision', loop: 'poll', state: 'submitted', isBooked: true },
  { name: 'finds that it was lost', loop: 'poll', state: 'submitted', isBooked: false },
];

/** Steps at which the invoice API kills who asks it: what was asked is carried out all the same. */
const ARRIVED = 'the request has arrived';
const ANSWERING = 'the answer is about to leave';

export interface Workshop {
  /** The bundle of loop-process.ts. */
  readonly file: string;
  readonly redis: RedisClient;
}

/** Every step of an errand at which its process can be killed, as one run without kills comes by them. */
export async function rehearse(workshop: Workshop, errand: Errand): Promise<Order[]> {
  const turns = await runErrand(workshop, errand, undefined);
  if (!turns) throw new Error(`the rehearsal was killed: ${errand.name}`);
  const requests = (turns['before submit'] ?? 0) + (turns['before look-up'] ?? 0);
  return Object.entries({ ...turns, [ARRIVED]: requests, [ANSWERING]: requests }).flatMap(
    ([step, count]) =>
      Array.from({ length: isRead(step) ? 1 : count }, (_, index): Order => {
        return { step, turn: index + 1, victim: 'process' };
      }),
  );
}

/** Looking for work changes nothing: once is as good as often. */
function isRead(step: string): boolean {
  return ['Query', 'GetItem', 'readBudget'].some((command) => step.includes(command));
}

/** What notes that a request left late is sent only where it did: this step may not come. */
const ONLY_WHERE_LATE = 'zadd';
/** An order that is not carried out is given again so often: a slow machine makes another one of the steps. */
const TRIES = 3;

/** Runs an errand that is killed as ordered. Resolves with whether it was. */
export async function killErrand(
  workshop: Workshop,
  errand: Errand,
  order: Order,
): Promise<boolean> {
  const tries = order.step.includes(ONLY_WHERE_LATE) ? 1 : TRIES;
  for (let tried = 0; tried < tries; tried++) {
    if ((await runErrand(workshop, errand, order)) === undefined) return true;
  }
  return tries === 1;
}

/**
 * Runs an errand in a process of its own, which is killed at the step of the order, lets another process take it to
 * its end, and checks. Resolves with how often the process came by which steps, or undefined where it was killed.
 */
async function runErrand(
  { file, redis }: Workshop,
  { name, loop, state, isBooked }: Errand,
  order: Order | undefined,
): Promise<Record<string, number> | undefined> {
  const table = await createOwnInvoices();
  const child = spawn(process.execPath, [file], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, NODE_COMPILE_CACHE: join(file, '../cache') },
  });
  const watch = { isOn: false };
  const simulator = await startOwnSimulator({}, (server) => {
    killAt(server, child, order, watch);
  });
  try {
    const client = `killed-${randomUUID()}`;
    const frozen = inState(frozenPackage(client), state);
    const { item } = frozen;
    await putPackages(table.dynamo, table.table, [frozen]);
    if (isBooked) await submit(simulator.url, frozen);

    const plan: LoopPlan = {
      ...{ table: table.table, budget: `send-budget-${client}`, invoiceApiUrl: simulator.url },
      ...{ ratePerSecond: 50, loop, order },
      bucket: item.statePartition.slice(item.statePartition.indexOf('#')),
    };
    watch.isOn = true;
    const turns = await ended(child, plan);
    watch.isOn = false;
    const place = {
      ...{ dynamo: table.dynamo, invoicesTable: table.table },
      simulator: connectSimulator(simulator.url),
    };
    await finish(loopTools(plan, table.dynamo, redis), place, [accepted(frozen)]);
    await checkBooks(place, [accepted(frozen)]);
    return turns;
  } catch (error) {
    const at = order ? `killed at "${order.step}" for the ${order.turn}. time` : 'not killed';
    throw new Error(`${name}, ${at}`, { cause: error });
  } finally {
    child.kill('SIGKILL');
    await Promise.all([simulator.close(), table.remove()]);
  }
}

function inState({ item, packed }: FrozenPackage, state: InvoiceState): FrozenPackage {
  if (state === 'packaged') return { item, packed };
  const entry: HistoryEntry = {
    ...{ atMs: item.packagedAtMs, call: 'submit', latencyMs: 50n },
    answer: state === 'submitted' ? 'taken' : 'no_answer',
  };
  const changed = {
    ...item,
    ...{ state, statePartition: statePartitionOf(state, item.client) },
    ...{ attempts: 1n, history: [entry] },
  };
  return { item: changed, packed };
}

async function submit(url: string, frozen: FrozenPackage): Promise<void> {
  const response = await fetch(`${url}/invoices`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': frozen.item.id },
    body: JSON.stringify(toSubmission(frozen)),
  });
  if (response.status !== 202) throw new Error(`the simulator answered ${response.status}`);
}

/** Lets the invoice API kill the process; what it had asked for is carried out all the same. */
function killAt(
  server: FastifyInstance,
  child: ChildProcess,
  order: Order | undefined,
  watch: { readonly isOn: boolean },
): void {
  const turns = { [ARRIVED]: 0, [ANSWERING]: 0 };
  const pass = async (step: typeof ARRIVED | typeof ANSWERING) => {
    // What was booked beforehand, and what comes after its death, is not of this process.
    if (!watch.isOn || order?.step !== step) return;
    turns[step] += 1;
    if (order.turn !== turns[step]) return;
    const dead = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await dead;
  };
  server.addHook('preHandler', () => pass(ARRIVED));
  server.addHook('onSend', () => pass(ANSWERING));
}

function ended(child: ChildProcess, plan: LoopPlan): Promise<Record<string, number> | undefined> {
  return new Promise((resolve, reject) => {
    let turns: Record<string, number> | undefined;
    child.once('error', reject);
    child.once('message', (message) => {
      turns = message as Record<string, number>;
    });
    child.once('exit', (code, signal) => {
      if (turns || signal === 'SIGKILL') resolve(turns);
      else reject(new Error(`the loop ended by itself: ${signal ?? code}`));
    });
    child.send(plan);
  });
}
