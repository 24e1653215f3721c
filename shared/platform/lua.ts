import type { RedisClient } from './redis.ts';

type Run = (keys: readonly string[], args: readonly (string | number)[]) => Promise<unknown>;

/**
 * A Lua script as a function: sent by its hash, and in full only where the server does not know it.
 * `name` must be unique in the process; all keys of a call must carry one hash tag.
 */
export function luaScript(name: string, lua: string) {
  const defined = new WeakSet<RedisClient>();
  return (redis: RedisClient): Run => {
    if (!defined.has(redis)) {
      redis.defineCommand(name, { lua });
      defined.add(redis);
    }
    const command = Reflect.get(redis, name) as (...args: (string | number)[]) => Promise<unknown>;
    return (keys, args) => command.call(redis, keys.length, ...keys, ...args);
  };
}
