import { Cluster, type Command, Redis } from 'ioredis';
import { orTryAgain } from './problem-error.ts';

export interface RedisSettings {
  /** `redis://host:port`, or `rediss://` for TLS. */
  readonly url: string;
  /** True for a store in cluster mode, such as ElastiCache with shards. */
  readonly isCluster: boolean;
  /** The longest a command may take, waiting for a connection included. */
  readonly commandTimeoutMs: number;
}

export type RedisClient = Redis | Cluster;

/**
 * Makes the one client of a process. It connects in the background, gives every command a bound, and
 * never sends a command a second time by itself: whether it took effect is for its caller to find out.
 */
export function connectRedis(settings: RedisSettings): RedisClient {
  const { commandTimeoutMs } = settings;
  const url = new URL(settings.url);
  const options = {
    commandTimeout: commandTimeoutMs,
    connectTimeout: commandTimeoutMs,
    // What gives no answer is dropped and connected anew. A connection that died unnoticed, such as while a
    // Lambda was frozen, would otherwise fail every command until TCP gives up, a quarter of an hour later. A little
    // before the command itself times out, so that a retry right after that finds the new connection.
    socketTimeout: Math.ceil(0.9 * commandTimeoutMs),
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // Well below the time a command may take, so that one that comes meanwhile outlasts the pause.
    retryStrategy: (times: number) => Math.min(50 * times, 250),
    ...(url.username && { username: decodeURIComponent(url.username) }),
    ...(url.password && { password: decodeURIComponent(url.password) }),
    ...(url.protocol === 'rediss:' && { tls: { servername: url.hostname } }),
  };
  const client: RedisClient = settings.isCluster
    ? new Cluster([{ host: url.hostname, port: Number(url.port || 6379) }], {
        dnsLookup: (hostname, callback) => callback(null, hostname),
        // Zero: do not send again what was under way when a node closed its connection.
        retryDelayOnFailover: 0,
        redisOptions: options,
      })
    : new Redis(settings.url, options);
  boundCommands(client, commandTimeoutMs);
  // Without a listener a lost connection would end the process; each command reports it to its caller.
  client.on('error', () => {});
  return client;
}

/**
 * A command waits for the cluster to be found before a node has it and its own timeout starts; and one that
 * has timed out while it waited for a connection would be sent after all once there is one.
 */
function boundCommands(client: RedisClient, timeoutMs: number): void {
  const send = client.sendCommand.bind(client) as Cluster['sendCommand'];
  client.sendCommand = (command: Command, ...destination: [stream?: never, node?: unknown]) => {
    if (command.isSettled) return command.promise;
    command.setTimeout(timeoutMs);
    return send(command, ...destination);
  };
}

/** Runs what needs Redis; any failure of Redis becomes a 503 that tells the caller to come back. */
export function orUnavailable<T>(work: Promise<T>): Promise<T> {
  return orTryAgain(
    work,
    'The balance store did not answer. Send the same request with the same id again: it takes effect once.',
  );
}
