import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import { connectRedis } from '#shared/platform/redis.ts';
import { startValkey, type Valkey } from '#shared/testing/valkey.ts';
import { bareScript, bareScriptInOneGo } from './bare-script.ts';
import type { ChargeEngine, ChargeEvent } from './charge-engine.ts';
import { memcachedEngine } from './memcached.ts';
import { connectMemcached } from './memcached-client.ts';
import { startMemcached } from './memcached-server.ts';
import { watchEngine } from './watch.ts';
import { debitThenSend } from './wrong/debit-then-send.ts';
import { getThenSet } from './wrong/get-then-set.ts';
import { incrementKeyedByNothing } from './wrong/increment-keyed-by-nothing.ts';

let valkey: Valkey;
const connections: Redis[] = [];
beforeAll(async () => {
  valkey = await startValkey();
});
afterAll(async () => {
  for (const redis of connections) redis.disconnect();
  await valkey.stop();
});

function connect(): Redis {
  const settings = { url: valkey.url, isCluster: false, commandTimeoutMs: 5_000 };
  const redis = connectRedis(settings) as Redis;
  connections.push(redis);
  return redis;
}

const silent = async () => {};
const died = async () => {
  throw new Error('died before the queue had it');
};

const ALL = {
  'bare script': () => bareScript(connect()),
  'WATCH/MULTI/EXEC': () => watchEngine(Array.from({ length: 4 }, connect)),
  'get then set': () => getThenSet(connect(), silent),
  'debit then send': () => debitThenSend(connect(), silent),
  'increment keyed by nothing': () => incrementKeyedByNothing(connect(), silent),
};

/** Of 50 charges at once on a balance for 20. */
async function contend(engine: ChargeEngine) {
  await engine.open('contended', 20_000n);
  const charges = Array.from({ length: 50 }, (_, n) => engine.charge('contended', `${n}`, 1_000n));
  const results = await Promise.all(charges);
  const authorized = results.filter(({ isAuthorized }) => isAuthorized).length;
  return { authorized, balanceMicros: await engine.balance('contended') };
}

describe.each(Object.entries(ALL))('%s', (_name, make) => {
  test('alone and undisturbed, all are right', async () => {
    const engine = make();
    await engine.open('alone', 2_500n);
    const answers = [];
    for (const id of ['a', 'b', 'c']) answers.push(await engine.charge('alone', id, 1_000n));
    expect(answers.map(({ isAuthorized }) => isAuthorized)).toEqual([true, true, false]);
    expect(answers[1]?.balanceMicros).toBe(500n);
    expect(await engine.balance('alone')).toBe(500n);
  });
});

test.each(['bare script', 'WATCH/MULTI/EXEC', 'debit then send', 'increment keyed by nothing'])(
  '%s: side by side, no credit is spent twice',
  async (name) => {
    const engine = ALL[name as keyof typeof ALL]();
    expect(await contend(engine)).toEqual({ authorized: 20, balanceMicros: 0n });
  },
);

test('memcached gets/cas, where there is one: side by side, no credit is spent twice', async () => {
  const server = await startMemcached();
  if (!server) return;
  const client = await connectMemcached(server.port);
  try {
    const engine = memcachedEngine(client);
    expect(await contend(engine)).toEqual({ authorized: 20, balanceMicros: 0n });
    expect(engine.retries()).toBeGreaterThan(0);
    expect(await engine.charge('unknown', 'a', 1n)).toEqual({ isAuthorized: false });
  } finally {
    client.close();
    await server.stop();
  }
});

test('a batch of the bare script answers in the order of its charges', async () => {
  const engine = bareScriptInOneGo(connect());
  await engine.open('batch', 2_000n);
  const amounts = [1_500n, 1_000n, 500n];
  const results = await engine.chargeMany(
    amounts.map((amountMicros, n) => ({ account: 'batch', id: `${n}`, amountMicros })),
  );
  expect(results.map(({ isAuthorized }) => isAuthorized)).toEqual([true, false, true]);
});

describe('what the wrong ones do', () => {
  test('get then set spends credit twice, side by side', async () => {
    const { authorized, balanceMicros } = await contend(getThenSet(connect(), silent));
    expect(authorized).toBe(50);
    expect(balanceMicros).toBe(19_000n);
  });

  test('debit then send loses the event of a charge that it answers as made', async () => {
    const redis = connect();
    const sent: ChargeEvent[] = [];
    await debitThenSend(redis, died).open('lost', 5_000n);
    await expect(debitThenSend(redis, died).charge('lost', 'a', 1_000n)).rejects.toThrow('died');
    const again = debitThenSend(redis, async (event) => void sent.push(event));
    expect(await again.charge('lost', 'a', 1_000n)).toMatchObject({ isAuthorized: true });
    expect(await again.balance('lost')).toBe(4_000n);
    expect(sent).toEqual([]);
  });

  test('increment keyed by nothing charges a retry again', async () => {
    const engine = incrementKeyedByNothing(connect(), silent);
    await engine.open('retried', 5_000n);
    for (const _ of [1, 2]) await engine.charge('retried', 'a', 1_000n);
    expect(await engine.balance('retried')).toBe(3_000n);
  });
});
