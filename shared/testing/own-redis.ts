import { connectRedis, type RedisClient } from '#shared/platform/redis.ts';

/** A numbered database of the test's own on the Valkey at REDIS_URL, empty: the jobs of the deployed stack work on database 0. */
export async function connectOwnRedis(database: number): Promise<RedisClient> {
  const url = new URL(process.env.REDIS_URL ?? 'redis://127.0.0.1:6391');
  url.pathname = `/${database}`;
  const redis = connectRedis({ url: url.href, isCluster: false, commandTimeoutMs: 5_000 });
  await redis.flushdb();
  return redis;
}
