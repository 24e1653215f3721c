import { appendFileSync, globSync, mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { outboxKey } from '#shared/platform/outbox.ts';
import { startProxy, type TcpProxy } from '#shared/testing/tcp-proxy.ts';
import { startValkey, type Valkey } from '#shared/testing/valkey.ts';
import { waitUntil } from '#shared/testing/wait-until.ts';
import type { Lapse } from './checks.ts';
import { SHARDS } from './settings.ts';

/** A Valkey that dies and comes back at the same address. */
export interface CrashingStore {
  readonly url: string;
  /** Resolves once it is dead. It comes back by itself. */
  crash(): Promise<void>;
  /** Resolves once it is there, and with it what it needs. */
  ready(): Promise<void>;
  /** What it may have forgotten so far. */
  readonly lapses: readonly Lapse[];
  stop(): Promise<void>;
}

export interface StoreOptions {
  readonly random: () => number;
  /** How many answers callers have got: what happens to a store meanwhile is measured by it. */
  readonly answers: () => number;
  /** How long, at least, a primary goes on answering that its replica does not hear any more. */
  readonly darkMs: number;
}

type Restart = () => Promise<void>;

/** What stores have in common: one crash at a time, and none before it is up again. */
function crashing(
  proxy: TcpProxy,
  lapses: readonly Lapse[],
  die: () => Promise<Restart>,
  stop: () => Promise<void>,
): CrashingStore {
  let coming: Promise<void> = Promise.resolve();
  let last: Promise<void> = Promise.resolve();
  return {
    url: proxy.url,
    lapses,
    crash() {
      last = last.then(async () => {
        await coming;
        const restart = await die();
        coming = restart();
        coming.catch(() => {});
      });
      return last;
    },
    async ready() {
      await last;
      await coming;
    },
    async stop() {
      await coming.catch(() => {});
      await proxy.close();
      await stop();
    },
  };
}

/** An append-only file and a server on it, time after time. */
async function startOnFile(fsync: 'always' | 'everysec') {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-crash-'));
  const start = () =>
    startValkey(
      ...['--dir', folder, '--appendonly', 'yes', '--appendfsync', fsync],
      // One file to the end, and what is torn off at its end is left out.
      ...['--auto-aof-rewrite-percentage', '0', '--aof-load-truncated', 'yes'],
    );
  let valkey = await start();
  return {
    port: () => valkey.port,
    kill: () => valkey.stop(),
    restart: async () => {
      valkey = await start();
    },
    file: () => globSync(join(folder, 'appendonlydir/*.incr.aof'))[0] as string,
    stop: async () => {
      await valkey.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Half of a command, as a write leaves it that the power was cut under. */
const TORN = '*3\r\n$3\r\nSET\r\n$40\r\nwhat nobody was told';

/**
 * Valkey with the append-only file on disk before each answer. Killed, and half a command behind what was answered:
 * that one may have been under way.
 */
export async function startDurableStore(): Promise<CrashingStore> {
  const server = await startOnFile('always');
  const proxy = await startProxy(server.port());
  const die = async () => {
    await server.kill();
    appendFileSync(server.file(), TORN);
    return async () => {
      await server.restart();
      proxy.pointAt(server.port());
    };
  };
  return crashing(proxy, [], die, server.stop);
}

/**
 * Valkey with the append-only file on disk once a second, and power cuts: beside the kill, which leaves the file whole,
 * the file is cut off anywhere within what was written in the last second, as what was only in memory would be gone.
 */
export async function startEverySecondStore({
  random,
  answers,
  darkMs,
}: StoreOptions): Promise<CrashingStore> {
  const server = await startOnFile('everysec');
  const proxy = await startProxy(server.port());
  const lapses: Lapse[] = [];
  let marks = await markFile(server.port());
  const die = async () => {
    await answersOrSilence(answers, darkMs);
    await server.kill();
    marks.stop();
    const toMs = Date.now();
    const { marker, atMs } = marks.onDisk(toMs);
    const content = readFileSync(server.file());
    const kept = content.indexOf(marker) + marker.length;
    truncateSync(server.file(), kept + Math.floor(random() * (content.length - kept)));
    lapses.push({ fromMs: atMs, toMs });
    return async () => {
      await server.restart();
      marks = await markFile(server.port());
      proxy.pointAt(server.port());
    };
  };
  const stop = () => {
    marks.stop();
    return server.stop();
  };
  return crashing(proxy, lapses, die, stop);
}

interface Mark {
  readonly marker: string;
  /** Everything recorded before this lies before the marker. */
  readonly atMs: number;
}

const MARK_EVERY_MS = 50;
const ON_DISK_AFTER_MS = 1_000;

/** Marks in the file when its parts were written. WAITAOF would be no help: here it says yes before the disk has. */
async function markFile(port: number) {
  const redis = connectTo(port);
  const marks: Mark[] = [];
  const mark = async () => {
    const next = { marker: `marker-${port}-${marks.length}-`, atMs: await timeOf(redis) };
    await redis.set('crash:marker', next.marker);
    marks.push(next);
  };
  await mark();
  // The last one ends with the connection.
  const timer = setInterval(() => mark().catch(() => {}), MARK_EVERY_MS);
  return {
    /** The last mark that is on disk for certain: one that is a second old, or the first, read from there. */
    onDisk: (nowMs: number) =>
      (marks.findLast(({ atMs }) => atMs < nowMs - ON_DISK_AFTER_MS) ?? marks[0]) as Mark,
    stop: () => {
      clearInterval(timer);
      redis.disconnect();
    },
  };
}

async function timeOf(redis: Redis): Promise<number> {
  const [seconds, micros] = await redis.time();
  return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
}

function connectTo(port: number): Redis {
  const redis = new Redis({ port, host: '127.0.0.1', retryStrategy: () => null });
  redis.on('error', () => {});
  return redis;
}

/**
 * A primary with a replica, in memory: the link between them breaks, the primary goes on answering for a while, dies,
 * and the replica takes its place; a new one is put beside it.
 */
export async function startPair({ answers, darkMs }: StoreOptions): Promise<CrashingStore> {
  const lapses: Lapse[] = [];
  let primary = await startValkey();
  let replica = await startReplica(primary);
  const proxy = await startProxy(primary.port);
  const die = async () => {
    await allWell(primary, answers);
    const fromMs = await replicatedUpTo(primary);
    replica.link.behave('silent');
    await answersOrSilence(answers, darkMs);
    await primary.stop();
    lapses.push({ fromMs, toMs: Date.now() });
    return async () => {
      const promoted = replica;
      await promote(promoted.valkey);
      primary = promoted.valkey;
      replica = await startReplica(primary);
      proxy.pointAt(primary.port);
      await promoted.link.close();
    };
  };
  return crashing(proxy, lapses, die, async () => {
    await Promise.all([primary.stop(), replica.valkey.stop(), replica.link.close()]);
  });
}

interface Replica {
  readonly valkey: Valkey;
  /** Its way to the primary. */
  readonly link: TcpProxy;
}

async function startReplica(primary: Valkey): Promise<Replica> {
  const link = await startProxy(primary.port);
  const valkey = await startValkey('--replicaof', '127.0.0.1', new URL(link.url).port);
  const redis = connectTo(primary.port);
  await waitUntil(async () => (await redis.info('replication')).includes('state=online'));
  redis.disconnect();
  // Online is not yet listening: the first time takes up to a second.
  await replicatedUpTo(primary);
  return { valkey, link };
}

/** A time such that the replica has everything recorded before it. */
async function replicatedUpTo(primary: Valkey): Promise<number> {
  const redis = connectTo(primary.port);
  const atMs = await timeOf(redis);
  await redis.set('crash:marker', atMs);
  if ((await redis.wait(1, 5_000)) < 1) throw new Error('The replica does not keep up');
  redis.disconnect();
  return atMs;
}

const SOME_ANSWERS = 40;
const SOME_TIME_MS = 250;
const WELL_WITHIN_MS = 1_500;

/**
 * Waits until callers get answers and the relay hands on what comes, lest a store that dies just when it is back finds
 * nobody who would do harm. In vain where the relay itself waits for the store to die.
 */
async function allWell(primary: Valkey, answers: () => number): Promise<void> {
  const redis = connectTo(primary.port);
  const [before, sinceMs] = [answers(), await timeOf(redis)];
  const isWell = async () => {
    const oldest = await Promise.all(
      Array.from({ length: SHARDS }, (_, shard) =>
        redis.xrange(outboxKey(shard), '-', '+', 'COUNT', 1),
      ),
    );
    const isHandedOn = oldest.every(([entry]) => !entry || Number.parseInt(entry[0], 10) > sinceMs);
    return isHandedOn && answers() > before + SOME_ANSWERS;
  };
  await waitUntil(isWell, WELL_WITHIN_MS).catch(() => {});
  redis.disconnect();
}

/** Goes on until callers have got some more answers, or get none for a while, because they would need the replica. */
async function answersOrSilence(answers: () => number, leastMs: number): Promise<void> {
  const before = answers();
  const startMs = performance.now();
  const passedMs = () => performance.now() - startMs;
  const hasEnough = () => answers() > before + SOME_ANSWERS || passedMs() > SOME_TIME_MS;
  await waitUntil(() => hasEnough() && passedMs() >= leastMs);
}

async function promote({ port }: Valkey): Promise<void> {
  const redis = connectTo(port);
  await redis.replicaof('NO', 'ONE');
  redis.disconnect();
}
