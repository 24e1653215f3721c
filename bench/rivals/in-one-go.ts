import { Redis } from 'ioredis';
import type { RedisClient } from '#shared/platform/redis.ts';

/** Sends what `start` starts in one write instead of one write each, and waits for all of it. */
export async function inOneGo<T>(redis: RedisClient, start: () => Promise<T>[]): Promise<T[]> {
  if (!(redis instanceof Redis)) throw new Error('In one go needs one connection');
  redis.stream.cork();
  const started = start();
  redis.stream.uncork();
  return Promise.all(started);
}
