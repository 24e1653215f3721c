import { Cluster, Redis } from 'ioredis';
import { ProblemError } from './problem-error.ts';

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
  const options = {
    commandTimeout: settings.commandTimeoutMs,
    connectTimeout: settings.commandTimeoutMs,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    retryStrategy: (times: number) => Math.min(50 * times, 1_000),
  };
  const url = new URL(settings.url);
  const tls = url.protocol === 'rediss:' ? { tls: { servername: url.hostname } } : {};
  const client: RedisClient = settings.isCluster
    ? new Cluster([{ host: url.hostname, port: Number(url.port || 6379) }], {
        dnsLookup: (address, callback) => callback(null, address),
        redisOptions: { ...options, ...tls },
      })
    : new Redis(settings.url, { ...options, ...tls });
  // Without a listener a lost connection would end the process; each command reports it to its caller.
  client.on('error', () => {});
  return client;
}

/** Runs what needs Redis; any failure of Redis becomes a 503 that tells the caller to come back. */
export async function orUnavailable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    throw new ProblemError(
      'unavailable',
      'The balance store did not answer. Send the same request with the same id again: it takes effect once.',
      { retryAfterSeconds: 1, data: { cause: (error as Error).message } },
    );
  }
}
