import type { RedisClient } from './redis.ts';
import { sendToReplicas } from './replicas.ts';

type Run = (keys: readonly string[], args: readonly (string | number)[]) => Promise<unknown>;

/** How many replicas must have what a script wrote before it is answered, and how long to wait for them. */
export interface Replication {
  readonly replicas: number;
  readonly waitMs: number;
}

/**
 * A Lua script as a function: sent by its hash, and in full only where the server does not know it.
 * `name` must be unique in the process; all keys of a call must carry one hash tag.
 *
 * With replicas to wait for, it throws where they lag: what the script did may then be lost by a failover, or not.
 */
export function luaScript(name: string, lua: string) {
  const defined = new WeakSet<RedisClient>();
  return (redis: RedisClient, replication?: Replication): Run => {
    if (replication && replication.replicas > 0) return replicated(redis, lua, replication);
    if (!defined.has(redis)) {
      redis.defineCommand(name, { lua });
      defined.add(redis);
    }
    const command = Reflect.get(redis, name) as (...args: (string | number)[]) => Promise<unknown>;
    return (keys, args) => command.call(redis, keys.length, ...keys, ...args);
  };
}

/** A script that finds its work done writes nothing, and WAIT needs a write: so one comes right before it. */
function replicated(redis: RedisClient, lua: string, { replicas, waitMs }: Replication): Run {
  return async (keys, args) => {
    const pipeline = redis
      .pipeline()
      .eval(lua, keys.length, ...keys, ...args)
      .set(`${keys[0]}:acknowledged`, '');
    const { answers, lag } = await sendToReplicas(pipeline, replicas, waitMs);
    if (lag) throw lag;
    return answers[0];
  };
}
