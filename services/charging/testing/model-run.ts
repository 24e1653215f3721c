import type { Redis } from 'ioredis';
import type { ProblemError } from '#shared/platform/problem-error.ts';
import { type AccountStore, changeTerms, openAccount } from '../account-store.ts';
import { changeBalance, changeBalances, reverse } from '../balance-store.ts';
import { captureHold, extendHold, placeHold, releaseHold } from '../hold-store.ts';
import type { Outcome } from '../outcome.ts';
import { Model } from './model.ts';
import { type Operation, Operations, SHORT_MS } from './operations.ts';
import { markComplete, nowMsOf, storeOn, waitPast } from './store.ts';

/** An outcome as the line of the script that it was read from. */
export function lineOf(outcome: AnyOutcome): string {
  if (outcome instanceof Error) throw outcome;
  if ('values' in outcome) {
    const { type, recordedAtMs, balanceMicros, values } = outcome;
    return [type, recordedAtMs, balanceMicros, ...values].join(' ');
  }
  return outcome.type === 'reused' ? `reused ${outcome.firstFingerprint}` : outcome.type;
}

type AnyOutcome =
  | Outcome<'account_frozen' | 'account_closed' | 'insufficient_balance' | 'balance_out_of_range'>
  | Awaited<ReturnType<typeof placeHold | typeof captureHold | typeof releaseHold | typeof reverse>>
  | ProblemError;

/** Does it for a store; a line for each answer. */
async function doOn(store: AccountStore, operation: Operation): Promise<string[]> {
  switch (operation.type) {
    case 'open': {
      const opened = await openAccount(store, operation.event);
      return ['balanceMicros' in opened ? `${opened.type} ${opened.balanceMicros}` : opened.type];
    }
    case 'change':
      return (await changeBalances(store, [operation.change])).map(lineOf);
    case 'batch':
      return (await changeBalances(store, operation.changes)).map(lineOf);
    case 'hold':
      return [lineOf(await placeHold(store, operation.event, operation.lifetimeMs))];
    case 'capture':
      return [lineOf(await captureHold(store, operation.event, operation.options))];
    case 'release':
      return [lineOf(await releaseHold(store, operation.event))];
    case 'extend':
      return [lineOf(await extendHold(store, operation.event, operation.lifetimeMs))];
    case 'reverse':
      return [lineOf(await reverse(store, operation.reversal))];
    case 'terms':
      return [await changeTerms(store, operation.event, operation.terms)];
  }
}

/** What the model says of the same, told when the store did it. */
function doOnModel(model: Model, operation: Operation, atMs: readonly number[]): string[] {
  const at = atMs[0] as number;
  switch (operation.type) {
    case 'open':
      return [model.open(operation.event)];
    case 'change':
      return [model.change(operation.change, at)];
    case 'batch':
      return operation.changes.map((change, index) => model.change(change, atMs[index] as number));
    case 'hold':
      return [model.placeHold(operation.event, operation.lifetimeMs, at)];
    case 'capture':
      return [model.captureHold(operation.event, operation.options, at)];
    case 'release':
      return [model.releaseHold(operation.event, at)];
    case 'extend':
      return [model.extendHold(operation.event, operation.lifetimeMs, at)];
    case 'reverse':
      return [model.reverse(operation.reversal, at)];
    case 'terms':
      return [model.changeTerms(operation.event, operation.terms)];
  }
}

const MAX_UNDER_WAY = 200;

export interface ModelRun {
  readonly store: AccountStore;
  readonly model: Model;
  readonly operations: number;
  /** How often each was answered. */
  readonly answers: ReadonlyMap<string, number>;
}

/**
 * Sends random operations to an empty store of one shard, so that on one connection the order is that of the calls, and asks
 * the model the same. Throws at the first difference.
 */
export async function runBeside(redis: Redis, seed: number, count: number): Promise<ModelRun> {
  await redis.flushdb();
  const store = storeOn(redis, { shards: 1 });
  await markComplete(store, 0);
  const startedMs = await nowMsOf(redis);
  const model = new Model(startedMs, store.receiptWindowMs);
  const source = new Operations(seed, `seed${seed}`, startedMs);
  const answers = new Map<string, number>();
  let operations = 0;
  let underWay: { readonly operation: Operation; readonly reply: Promise<string[]> }[] = [];

  const compare = (operation: Operation, lines: readonly string[]) => {
    const atMs = lines.map((line) => Number(line.split(' ')[1]));
    const expected = doOnModel(model, operation, atMs);
    for (const [index, line] of lines.entries()) {
      const [type = ''] = line.split(' ');
      answers.set(type, (answers.get(type) ?? 0) + 1);
      operations += 1;
      if (line === expected[index] && lines.length === expected.length) continue;
      throw new Error(
        `Seed ${seed}, operation ${operations}: the store says "${line}", the model "${expected[index]}" ` +
          `of item ${index} of ${describe(operation)}`,
      );
    }
  };
  const settle = async () => {
    const replies = await Promise.all(underWay.map(({ reply }) => reply));
    for (const [index, { operation }] of underWay.entries()) {
      compare(operation, replies[index] as string[]);
    }
    underWay = [];
    return replies.at(-1)?.[0] as string;
  };

  for (let index = 0; index < count; index++) {
    const operation = source.next();
    underWay.push({ operation, reply: doOn(store, operation) });
    if (operation.type === 'hold' && operation.lifetimeMs === SHORT_MS) {
      const [type, , , , expiresAtMs] = (await settle()).split(' ');
      // The next operation finds it expired.
      if (type === 'done') model.expire(await waitPast(redis, Number(expiresAtMs)));
    } else if (underWay.length >= MAX_UNDER_WAY || index === count - 1) await settle();
    else if (index % 16 === 0) {
      await settle();
      // As its own caller sends it.
      const change = source.nextChange();
      compare({ type: 'change', change }, [lineOf(await changeBalance(store, change))]);
    }
  }
  return { store, model, operations, answers };
}

function describe(operation: Operation): string {
  return JSON.stringify(operation, (_key, value) =>
    typeof value === 'bigint' ? value.toString() : value,
  ).slice(0, 2_000);
}
