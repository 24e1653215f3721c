import { hash } from 'node:crypto';
import { readSync, writeSync } from 'node:fs';
import type { Command } from 'ioredis';
import type { RedisClient } from '#shared/platform/redis.ts';
import type { Order } from './plan.ts';

/**
 * Counts the steps of this process and kills at the one that the order names: the process itself with SIGKILL, or the
 * store, by a word to the supervisor that blocks everything here until the store is dead. Either way nothing of this
 * process happens between the step and the death.
 */

const SUPERVISOR = 4;

const met = new Map<string, number>();
let order: Order | undefined;
let turnsLeft = 0;

export function obey(next: Order | undefined): void {
  order = next;
  turnsLeft = next?.turn ?? 0;
}

/** The names of all steps that this process has come by. */
export function stepsMet(): string[] {
  return [...met.keys()];
}

/** How often it has come by each of them. */
export function turnsMet(): Record<string, number> {
  return Object.fromEntries(met);
}

export function pass(step: string): void {
  met.set(step, (met.get(step) ?? 0) + 1);
  if (order?.step !== step || --turnsLeft > 0) return;
  const { victim } = order;
  order = undefined;
  if (victim === 'process') process.kill(process.pid, 'SIGKILL');
  writeSync(SUPERVISOR, 'k');
  readSync(SUPERVISOR, Buffer.alloc(1));
}

/** Not sent by anybody's wish, but by the client whenever it connects. */
const OF_CONNECTIONS = new Set(['auth', 'client', 'hello', 'info', 'ping', 'select']);

/** Steps before each command of Redis is sent, and after its answer has come. */
export function hookRedis(redis: RedisClient): void {
  const scripts = new Map<string, string>();
  const define = redis.defineCommand.bind(redis);
  redis.defineCommand = (name, definition) => {
    define(name, definition);
    scripts.set(hash('sha1', definition.lua), name);
  };
  const send = redis.sendCommand.bind(redis) as (...args: unknown[]) => Promise<unknown>;
  redis.sendCommand = ((command: Command, ...rest: unknown[]) => {
    if (OF_CONNECTIONS.has(command.name)) return send(command, ...rest);
    const name = `redis ${scripts.get(String(command.args[0])) ?? command.name}`;
    pass(`before ${name}`);
    const result = send(command, ...rest);
    result.then(
      () => pass(`after ${name}`),
      () => {},
    );
    return result;
  }) as typeof redis.sendCommand;
}

interface AwsClient {
  readonly middlewareStack: {
    add(middleware: unknown, options: { step: 'initialize'; name: string }): void;
  };
}

/** Steps before each command of AWS is sent, and after its answer has come. */
export function hookAws(client: AwsClient): void {
  const middleware =
    (next: (args: unknown) => Promise<unknown>, { commandName }: { commandName: string }) =>
    async (args: { input: object }) => {
      const name = `${commandName.replace(/Command$/, '')}${tableOf(args.input)}`;
      pass(`before ${name}`);
      const result = await next(args);
      pass(`after ${name}`);
      return result;
    };
  client.middlewareStack.add(middleware, { step: 'initialize', name: 'steps' });
}

/** Tables of tests are called `test-<name>-<random>`. */
function tableOf(input: { TableName?: string; RequestItems?: object }): string {
  const table = input.TableName ?? Object.keys(input.RequestItems ?? {})[0];
  return table === undefined ? '' : ` ${table.split('-')[1]}`;
}
