import { Redis } from 'ioredis';

/** A numbered database of the test's own on the Valkey at REDIS_URL, empty: the jobs of the deployed stack work on database 0. */
export async function connectOwnRedis(database: number): Promise<Redis> {
  const redis = new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6391', {
    db: database,
    commandTimeout: 5_000,
  });
  await redis.flushdb();
  return redis;
}
