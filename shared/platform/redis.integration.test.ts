import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { startProxy, type TcpProxy } from '#shared/testing/tcp-proxy.ts';
import { startValkey, type Valkey } from '#shared/testing/valkey.ts';
import { waitUntil } from '#shared/testing/wait-until.ts';
import { luaScript } from './lua.ts';
import { connectRedis, orUnavailable, type RedisClient } from './redis.ts';

const TIMEOUT_MS = 300;
/** A bound, and what a busy machine may add to it. */
const BOUND_MS = TIMEOUT_MS + 5_000;

let alone: Valkey;
let cluster: Valkey;
const clients: RedisClient[] = [];
const proxies: TcpProxy[] = [];

beforeAll(async () => {
  [alone, cluster] = await Promise.all([startValkey(), startValkey('--cluster-enabled', 'yes')]);
});
afterAll(async () => {
  await Promise.all([alone.stop(), cluster.stop()]);
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect();
  await Promise.all(proxies.splice(0).map((proxy) => proxy.close().catch(() => {})));
});

const increment = luaScript('incrementForTest', `return redis.call('INCR', KEYS[1])`);

/** One Valkey alone, or one that is a whole cluster and announces the address of the proxy before it. */
async function behindProxy(isCluster: boolean) {
  const server = isCluster ? cluster : alone;
  const proxy = await startProxy(server.port);
  proxies.push(proxy);
  const direct = connectRedis({ url: server.url, isCluster: false, commandTimeoutMs: 5_000 });
  clients.push(direct);
  if (isCluster) {
    await direct.call('CONFIG', 'SET', 'cluster-announce-port', new URL(proxy.url).port);
    await direct.call('CONFIG', 'SET', 'cluster-announce-ip', '127.0.0.1');
    if (!(await clusterIsUp(direct))) {
      await direct.call('CLUSTER', 'ADDSLOTSRANGE', 0, 16_383);
      await waitUntil(() => clusterIsUp(direct));
    }
  }
  const connect = (url = proxy.url) => {
    const client = connectRedis({ url, isCluster, commandTimeoutMs: TIMEOUT_MS });
    clients.push(client);
    return client;
  };
  return { proxy, connect, direct };
}

const clusterIsUp = async (redis: RedisClient) =>
  String(await redis.call('CLUSTER', 'INFO')).includes('cluster_state:ok');

/** How long it took to fail; fails where it did not. */
async function failsWithin(work: Promise<unknown>): Promise<void> {
  const startedMs = performance.now();
  await expect(work).rejects.toThrow();
  expect(performance.now() - startedMs).toBeLessThan(BOUND_MS);
}

let number = 0;
const newKey = () => `key-${number++}`;

describe.each([
  ['alone', false],
  ['a cluster', true],
])('%s', (_name, isCluster) => {
  test('the first command waits for the connection', async () => {
    const { connect } = await behindProxy(isCluster);
    expect(await increment(connect())([newKey()], [])).toBe(1);
  });

  test('away from the start: fails within the bound, works once it is there', async () => {
    const { proxy, connect } = await behindProxy(isCluster);
    await proxy.close();
    const client = connect();
    const key = newKey();
    await failsWithin(increment(client)([key], []));
    await failsWithin(increment(client)([key], []));
    await proxy.open();
    await waitUntil(() => increment(client)([key], []).then(Boolean, () => false));
    expect(Number(await client.get(key))).toBe(1);
  });

  test('silent from the start: fails within the bound, and is not sent later', async () => {
    const { proxy, connect, direct } = await behindProxy(isCluster);
    proxy.behave('silent');
    const client = connect();
    const key = newKey();
    await failsWithin(increment(client)([key], []));
    proxy.behave('pass');
    await waitUntil(() =>
      client.get(key).then(
        () => true,
        () => false,
      ),
    );
    expect(await direct.exists(key)).toBe(0);
  });

  test('cut while a command is under way: fails, and is not sent again', async () => {
    const { proxy, connect, direct } = await behindProxy(isCluster);
    const client = connect();
    const key = newKey();
    await increment(client)([key], []);
    proxy.behave('lose_answers');
    const lost = failsWithin(increment(client)([key], []));
    await waitUntil(async () => (await direct.get(key)) === '2');
    await proxy.close();
    await lost;
    proxy.behave('pass');
    await proxy.open();
    await waitUntil(() =>
      client.get(key).then(
        () => true,
        () => false,
      ),
    );
    expect(await client.get(key)).toBe('2');
  });

  test('no answer: fails within the bound, and the next command finds a new connection', async () => {
    const { proxy, connect } = await behindProxy(isCluster);
    const client = connect();
    const key = newKey();
    await increment(client)([key], []);
    // As after a Lambda was frozen: to this side the connection looks alive, and nothing comes back any more.
    proxy.forgetConnections();
    await failsWithin(increment(client)([key], []));
    const startedMs = performance.now();
    await waitUntil(() =>
      increment(client)([key], []).then(
        () => true,
        () => false,
      ),
    );
    expect(performance.now() - startedMs).toBeLessThan(2 * BOUND_MS);
  });

  test('an error of a script is no reason to connect anew', async () => {
    const { proxy, connect } = await behindProxy(isCluster);
    const client = connect();
    const key = newKey();
    await client.set(key, 'text');
    const { connections } = proxy;
    await expect(increment(client)([key], [])).rejects.toThrow('not an integer');
    expect(await client.get(key)).toBe('text');
    expect(proxy.connections).toBe(connections);
  });

  test('a script that the server has forgotten is sent in full again', async () => {
    const { connect, direct } = await behindProxy(isCluster);
    const client = connect();
    const key = newKey();
    await increment(client)([key], []);
    await direct.call('SCRIPT', 'FLUSH');
    expect(await increment(client)([key], [])).toBe(2);
  });
});

test('a password in the address is used, in a cluster too', async () => {
  const server = await startValkey('--cluster-enabled', 'yes', '--requirepass', 'a b');
  const url = `redis://:a%20b@127.0.0.1:${server.port}`;
  const direct = connectRedis({ url, isCluster: false, commandTimeoutMs: TIMEOUT_MS });
  await direct.call('CONFIG', 'SET', 'cluster-announce-ip', '127.0.0.1');
  await direct.call('CLUSTER', 'ADDSLOTSRANGE', 0, 16_383);
  await waitUntil(() => clusterIsUp(direct));
  const cluster = connectRedis({ url, isCluster: true, commandTimeoutMs: 2_000 });
  expect(await cluster.set('key', 'value')).toBe('OK');
  cluster.disconnect();
  direct.disconnect();
  await server.stop();
});

test('a database in the address is used', async () => {
  const urls = ['', '/0', '/3'].map((path) => `${alone.url}${path}`);
  clients.push(
    ...urls.map((url) => connectRedis({ url, isCluster: false, commandTimeoutMs: 5_000 })),
  );
  const key = newKey();
  await clients[2]?.set(key, 'value');
  expect(await Promise.all(clients.map((client) => client.get(key)))).toEqual([
    null,
    null,
    'value',
  ]);
});

test('a failure of Redis is a problem that a retry can help, and keeps its cause for the log', async () => {
  const cause = new Error('connect ECONNREFUSED 10.0.0.1:6379');
  const error = await orUnavailable(Promise.reject(cause)).catch((reason) => reason);
  expect(error).toMatchObject({ code: 'unavailable', cause, extras: { retryAfterSeconds: 1 } });
  expect(JSON.stringify(error.toProblem())).not.toContain('10.0.0.1');
  expect(await orUnavailable(Promise.resolve(1))).toBe(1);
});
