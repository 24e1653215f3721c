import { Redis } from 'ioredis';
import type { Clock } from '../clock.ts';

/**
 * A Redis whose scripts take the time from the test, and the clock of a process that goes by it: sleeping is setting
 * it. Hours pass at once, and the clock of Redis can be set beside that of the process.
 */
export async function connectTimedRedis(url: string, startMs = Date.parse('2026-11-16T12:00:00Z')) {
  const redis = new Redis(url, { commandTimeout: 5_000 });
  const define = redis.defineCommand.bind(redis);
  redis.defineCommand = (name, { lua }) => {
    const timeKey = "KEYS[1] .. ':test-time'";
    define(name, {
      lua: lua.replaceAll(
        "redis.call('TIME')",
        `redis.call('HMGET', ${timeKey}, 'seconds', 'micros')`,
      ),
    });
  };
  let elapsedUs = 0;
  let offByUs = 0;

  async function set(key: string): Promise<void> {
    const us = startMs * 1_000 + elapsedUs + offByUs;
    const seconds = Math.floor(us / 1_000_000);
    await redis.hset(`${key}:test-time`, { seconds, micros: Math.round(us - seconds * 1_000_000) });
  }

  return {
    redis,
    /** The clock of a process, and of Redis for the budget of this key. */
    async clockFor(key: string) {
      await set(key);
      const pass = async (ms: number) => {
        elapsedUs += Math.round(ms * 1_000);
        await set(key);
      };
      const clock: Clock = {
        nowMs: () => startMs + elapsedUs / 1_000,
        elapsedMs: () => elapsedUs / 1_000,
        sleep: pass,
      };
      return {
        clock,
        pass,
        /** Sets the clock of Redis alone. */
        async step(ms: number) {
          offByUs += ms * 1_000;
          await set(key);
        },
      };
    },
  };
}
