import type { RedisClient } from './redis.ts';

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

/**
 * WAIT counts only for the writes of its own connection, and a script that finds its work done writes nothing: so a
 * write comes right before it. In a cluster the pipeline also leads WAIT to the node of these keys.
 */
function replicated(redis: RedisClient, lua: string, { replicas, waitMs }: Replication): Run {
  return async (keys, args) => {
    const results = await redis
      .pipeline()
      .eval(lua, keys.length, ...keys, ...args)
      .set(`${keys[0]}:acknowledged`, '')
      .wait(replicas, waitMs)
      .exec();
    const answers = results ?? [[new Error('the connection is gone'), undefined]];
    for (const [error] of answers) if (error) throw error;
    const [reply, , acknowledged] = answers.map(([, answer]) => answer);
    if (Number(acknowledged) >= replicas) return reply;
    throw new Error(`only ${acknowledged} of ${replicas} replicas have it after ${waitMs} ms`);
  };
}
