import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import type { Order } from './plan.ts';
import type { Answered } from './requests.ts';
import type { FromProcess, ToProcess } from './role-process.ts';

/** A process that has been told to go. */
export interface LiveProcess {
  readonly send: (message: object) => void;
}

export interface RoleOptions {
  /** The bundle of its code. */
  readonly file: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** How many run side by side. */
  readonly count: number;
  readonly nextOrder: () => Order | undefined;
  /** Called when an order has been carried out. */
  readonly onKill: (order: Order) => void;
  /** Kills the store; resolves once it is dead. */
  readonly crashStore: () => Promise<void>;
  readonly onMessage?: (message: Answered) => void;
  readonly onStart?: (process: LiveProcess) => void;
  readonly onEnd?: (process: LiveProcess) => void;
  /** A process ended otherwise than by order. */
  readonly onBroken: (reason: unknown) => void;
}

export interface SupervisedRole {
  /** Gives an order to each process that has none, where there is one now. */
  order(): void;
  /** Takes back what has not been carried out. */
  withdraw(): void;
  stepsMet(): Promise<string[]>;
  stop(): Promise<void>;
}

interface Member extends LiveProcess {
  readonly child: ChildProcess;
  order: Order | undefined;
  impatience: NodeJS.Timeout | undefined;
}

/** Some steps are only met by a process that has just started: an order that waits so long goes to such a one. */
const PATIENCE_MS = 1_000;

/** Keeps the processes of a role running: when one is killed, one that stands by takes its place at once. */
export function superviseRole(options: RoleOptions): SupervisedRole {
  const live = new Set<Member>();
  const all = new Set<ChildProcess>();
  const asked: ((steps: readonly string[]) => void)[] = [];
  const handedBack: Order[] = [];
  let isOver = false;
  let standby = startChild();

  function startChild() {
    const child = spawn(process.execPath, [options.file], {
      env: options.environment,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc', 'pipe'],
      serialization: 'advanced',
    });
    all.add(child);
    const isReady = Promise.withResolvers<void>();
    const member: Member = {
      child,
      order: undefined,
      impatience: undefined,
      send: (message) => child.connected && child.send(message, () => {}),
    };
    child.on('message', (message: FromProcess | Answered) => {
      if (message.type === 'ready') isReady.resolve();
      else if (message.type === 'steps') asked.shift()?.(message.steps);
      else options.onMessage?.(message);
    });
    const wire = child.stdio[4] as Duplex;
    wire.on('error', () => {});
    wire.on('data', () => {
      const carriedOut = take(member);
      options.crashStore().then(() => {
        if (carriedOut) options.onKill(carriedOut);
        wire.write('d');
        if (!isOver && !member.order) give(member, 'order');
      }, options.onBroken);
    });
    child.on('exit', (code, signal) => {
      all.delete(child);
      const carriedOut = take(member);
      if (live.delete(member)) options.onEnd?.(member);
      if (isOver) return;
      if (carriedOut && signal === 'SIGKILL') options.onKill(carriedOut);
      else if (!child.killed) options.onBroken(`${options.file} ended: ${signal ?? code}`);
      replace();
    });
    return { member, isReady: isReady.promise };
  }

  function replace(): void {
    const { member, isReady } = standby;
    standby = startChild();
    isReady.then(() => {
      live.add(member);
      give(member, 'go');
      options.onStart?.(member);
    });
  }

  function give(member: Member, type: 'go' | 'order'): void {
    const again = type === 'go' ? handedBack.shift() : undefined;
    const order = again ?? options.nextOrder();
    member.order = order;
    member.send({ type, order } satisfies ToProcess);
    if (order && !again) member.impatience = setTimeout(renew, PATIENCE_MS, member);
  }

  function renew(member: Member): void {
    const order = take(member);
    if (order) handedBack.push({ ...order, turn: 1 });
    member.child.kill('SIGKILL');
  }

  function take(member: Member): Order | undefined {
    const { order } = member;
    member.order = undefined;
    clearTimeout(member.impatience);
    return order;
  }

  for (let count = 0; count < options.count; count++) replace();

  return {
    order() {
      for (const member of live) if (!member.order) give(member, 'order');
    },
    withdraw() {
      handedBack.length = 0;
      for (const member of live) {
        clearTimeout(member.impatience);
        member.send({ type: 'order', order: undefined } satisfies ToProcess);
      }
    },
    async stepsMet() {
      const answers = [...live].map((member) => {
        const { promise, resolve } = Promise.withResolvers<readonly string[]>();
        asked.push(resolve);
        member.send({ type: 'steps' } satisfies ToProcess);
        return promise;
      });
      return [...new Set((await Promise.all(answers)).flat())].sort();
    },
    async stop() {
      isOver = true;
      const ends = [...all].map((child) => new Promise((resolve) => child.once('exit', resolve)));
      for (const child of all) child.kill('SIGKILL');
      await Promise.all(ends);
    },
  };
}
