import { Cluster, Redis } from 'ioredis';
import { connectRedis } from '#shared/platform/redis.ts';

/** Bundled by a test and run by itself: uses Redis in all the ways that Lambdas do, and prints what came back. */

const [url = '', mode] = process.argv.slice(2);
const isCluster = mode === 'cluster';
const redis = connectRedis({ url, isCluster, commandTimeoutMs: 5_000 });

const said = (work: () => unknown) =>
  Promise.resolve()
    .then(work)
    .then(
      () => 'nothing',
      (error: Error) => error.message,
    );

redis.defineCommand('ownScript', { lua: "return {ARGV[1], redis.call('GET', KEYS[1])}" });
const ownScript = Reflect.get(redis, 'ownScript') as (...args: unknown[]) => Promise<unknown>;

const answers = {
  set: await redis.set('{a}:text', 'é'),
  get: await redis.get('{a}:text'),
  buffer: (await redis.getBuffer('{a}:text'))?.toString('hex'),
  hash: [
    await redis.hset('{a}:hash', 'x', '1', 'y', '2'),
    await redis.hgetall('{a}:hash'),
    await redis.hincrby('{a}:hash', 'x', '9007199254740993'),
    await redis.hmget('{a}:hash', 'x', 'none'),
  ],
  sorted: [
    await redis.zadd('{a}:sorted', '2', 'two', '1', 'one'),
    await redis.zrange('{a}:sorted', '0', '-1', 'WITHSCORES'),
  ],
  stream: [
    await redis.xadd('{a}:stream', '1-1', 'n', '1', 'e', '{}'),
    await redis.xrange('{a}:stream', '-', '+', 'COUNT', 5),
    await redis.xgroup('CREATE', '{a}:stream', 'group', '$'),
  ],
  script: [
    await ownScript.call(redis, 1, '{a}:text', 'given'),
    await redis.eval('return #KEYS', 2, '{a}:x', '{a}:y'),
  ],
  pipeline: await redis.pipeline().incr('{b}:count').wait(0, 10).get('{b}:count').exec(),
  transaction: await redis.multi().incr('{b}:count').exec(),
  error: (await said(() => redis.incr('{a}:text'))).split(' ')[0],
  many: await Promise.all(
    Array.from({ length: 1_000 }, (_, index) => redis.set(`{a}:many`, String(index), 'GET')),
  ).then((earlier) => earlier.at(-1)),
  scan: isCluster ? undefined : (await redis.scan('0', 'COUNT', 100))[1].length,
};

const refusals = {
  sentinels: await said(
    () => new Redis({ sentinels: [{ host: 'localhost', port: 1 }], name: 'x' }),
  ),
  pipelines: await said(() =>
    new Redis({ enableAutoPipelining: true, lazyConnect: true }).get('a'),
  ),
  profile: await said(
    () => new Redis({ tls: { profile: 'RedisCloudFixed' }, lazyConnect: true } as never),
  ),
  fieldsets: await said(
    () => new Redis({ himportFieldsets: [{ name: 'a', fields: ['b'] }], lazyConnect: true }),
  ),
  shards: await said(() => new Cluster([], { shardedSubscribers: true, lazyConnect: true })),
  subscription: isCluster ? await said(() => redis.subscribe('news')) : undefined,
};

console.log(JSON.stringify({ answers, refusals }));
await redis.quit();
