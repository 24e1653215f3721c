import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import { startValkey, type Valkey } from '#shared/testing/valkey.ts';
import { waitUntil } from '#shared/testing/wait-until.ts';
import {
  discardSealed,
  outboxDepth,
  outboxKey,
  type Sealed,
  type SealLimits,
  sealNext,
} from './outbox.ts';
import { connectRedis, type RedisClient } from './redis.ts';

const LIMITS: SealLimits = {
  maxEvents: 1_000,
  maxBytes: 240_000,
  bytesPerEvent: 0,
  lingerMs: 0,
};

let valkey: Valkey;
let redis: RedisClient;
let shard = 0;

beforeAll(async () => {
  valkey = await startValkey();
  redis = connectTo(valkey);
});
afterAll(async () => {
  redis.disconnect();
  await valkey.stop();
});
beforeEach(() => {
  shard += 1;
});

function connectTo({ url }: Valkey): RedisClient {
  return connectRedis({ url, isCluster: false, commandTimeoutMs: 5_000 });
}

const append = (entry: string, events = 1) =>
  redis.xadd(outboxKey(shard), '*', 'n', events, 'e', entry);
const seal = (limits: Partial<SealLimits> = {}, replicas = 0, on = redis) =>
  sealNext(on, shard, ulid(), { ...LIMITS, ...limits }, replicas);

/** Seals and discards until nothing is left. */
async function drain(limits: Partial<SealLimits>): Promise<string[]> {
  const batches: string[] = [];
  for (let sealed = await seal(limits); sealed; sealed = await seal(limits)) {
    batches.push(sealed.entries);
    await discardSealed(redis, shard, sealed.batch);
  }
  return batches;
}

describe('sealing', () => {
  test('nothing: nothing', async () => {
    expect(await seal()).toBeUndefined();
    expect(await outboxDepth(redis, shard)).toBe(0);
  });

  test('takes the entries in their order into one batch, out of the outbox', async () => {
    await append('1795262400001 5\n{"a":1}');
    await append('1795262400002 - 4 3\n{"a":2}\n{"a":3}\n{"a":4}', 2);
    expect(await outboxDepth(redis, shard)).toBe(2);
    expect((await seal())?.entries).toBe(
      '1795262400001 5\n{"a":1}\n1795262400002 - 4 3\n{"a":2}\n{"a":3}\n{"a":4}',
    );
    expect(await redis.xlen(outboxKey(shard))).toBe(0);
    expect(await outboxDepth(redis, shard)).toBe(1);
  });

  test('gives the same batch until it is discarded, whatever comes meanwhile', async () => {
    await append('1');
    const first = (await seal()) as Sealed;
    await append('2');
    expect(await seal()).toEqual(first);
    await discardSealed(redis, shard, first.batch);
    await discardSealed(redis, shard, first.batch);
    const second = (await seal()) as Sealed;
    expect(second.entries).toBe('2');
    expect(second.batch).not.toBe(first.batch);
  });

  test('stops at the most events, without splitting an entry', async () => {
    for (const [entry, events] of [
      ['1', 1],
      ['2,3', 2],
      ['4,5', 2],
      ['6', 1],
    ] as const) {
      await append(entry, events);
    }
    expect(await drain({ maxEvents: 3 })).toEqual(['1\n2,3', '4,5\n6']);
  });

  test('stops at the most bytes, line feeds counted', async () => {
    for (let index = 0; index < 6; index++) await append('1234567890');
    const batches = await drain({ maxBytes: 33 });
    expect(batches).toEqual(Array(2).fill('1234567890\n1234567890\n1234567890'));
    for (const batch of batches) expect(batch.length).toBeLessThanOrEqual(33);
    for (let index = 0; index < 3; index++) await append('123456789é');
    // 11 bytes each, though 10 characters.
    expect(await drain({ maxBytes: 35 })).toHaveLength(2);
  });

  test('counts for each event what it gains when it is read', async () => {
    for (const events of [1, 2, 1, 1, 1]) await append('1', events);
    // An entry of one event counts for 12 bytes, one of two for 22.
    expect(await drain({ maxBytes: 36, bytesPerEvent: 10 })).toEqual(['1\n1', '1\n1\n1']);
  });

  test('an entry that is over a limit by itself goes alone', async () => {
    for (const [entry, events] of [
      ['1', 1],
      ['too long for it', 1],
      ['2', 1],
      ['3,4,5,6', 4],
    ] as const) {
      await append(entry, events);
    }
    expect(await drain({ maxEvents: 2, maxBytes: 12 })).toEqual([
      '1',
      'too long for it',
      '2',
      '3,4,5,6',
    ]);
  });

  test('a full batch holds 1,000 events', async () => {
    const pipeline = redis.pipeline();
    for (let index = 0; index < 2_500; index++) {
      pipeline.xadd(outboxKey(shard), '*', 'n', 1, 'e', String(index));
    }
    await pipeline.exec();
    const batches = (await drain({})).map((entries) => entries.split('\n').map(Number));
    expect(batches.map((events) => events.length)).toEqual([1_000, 1_000, 500]);
    expect(batches.flat()).toEqual(Array.from({ length: 2_500 }, (_, index) => index));
  });

  test('waits for entries to gather, but not when a batch is full', async () => {
    await append('1');
    expect(await seal({ lingerMs: 60_000 })).toBeUndefined();
    await append('2');
    expect((await seal({ lingerMs: 60_000, maxEvents: 2 }))?.entries).toBe('1\n2');
  });

  test('does not wait once the oldest entry has lingered', async () => {
    await redis.xadd(outboxKey(shard), Date.now() - 60_000, 'n', 1, 'e', '1');
    await append('2');
    expect((await seal({ lingerMs: 50_000 }))?.entries).toBe('1\n2');
  });
});

test('a full store can be emptied', async () => {
  await append('1');
  await redis.config('SET', 'maxmemory', '1');
  try {
    await expect(append('2')).rejects.toThrow('OOM');
    await expect(seal({}, 1)).rejects.toThrow('only 0 of 1 replicas');
    const sealed = (await seal()) as Sealed;
    expect(sealed.entries).toBe('1');
    await discardSealed(redis, shard, sealed.batch);
    expect(await outboxDepth(redis, shard)).toBe(0);
  } finally {
    await redis.config('SET', 'maxmemory', '0');
  }
});

test('an outbox of many entries is sealed in order, whatever they hold', async () => {
  const sizes = Array.from({ length: 700 }, (_, index) => (index % 7 === 0 ? 3 : 1));
  let next = 0;
  for (const size of sizes) {
    await append(Array.from({ length: size }, () => next++).join(','), size);
  }
  const batches = await drain({ maxEvents: 300 });
  expect(batches.flatMap((batch) => batch.split(/[\n,]/).map(Number))).toEqual(
    Array.from({ length: next }, (_, index) => index),
  );
  expect(batches.length).toBe(Math.ceil(next / 300));
});

describe('with replicas to wait for', () => {
  /** Asks again where the replica needs longer on a busy machine than a relay waits. */
  async function sealInTime(on: RedisClient): Promise<Sealed> {
    let sealed: Sealed | undefined;
    await waitUntil(async () => {
      sealed = await seal({}, 1, on).catch(() => undefined);
      return sealed !== undefined;
    });
    return sealed as Sealed;
  }

  test('none there: fails, and the batch stays sealed until none is asked for', async () => {
    await append('1');
    await expect(seal({}, 1)).rejects.toThrow('only 0 of 1 replicas');
    await append('2');
    const sealed = await seal({}, 0);
    expect(sealed?.entries).toBe('1');
  });

  test('a batch that has gone meanwhile is not handed on', async () => {
    await append('1');
    const { batch } = (await seal()) as Sealed;
    // Seals, and finds it gone when it comes to wait.
    const pipeline = redis.pipeline.bind(redis);
    redis.pipeline = (...args: []) => {
      redis.hdel(`{s${String(shard).padStart(3, '0')}}:sealed`, batch);
      return pipeline(...args);
    };
    try {
      expect(await seal({}, 1)).toBeUndefined();
    } finally {
      redis.pipeline = pipeline;
    }
  });

  test('a replica has the batch before it is handed on, whoever sealed it', async () => {
    const replica = await startValkey('--replicaof', '127.0.0.1', String(valkey.port));
    const copy = connectTo(replica);
    await waitUntil(async () => String(await redis.info('replication')).includes('state=online'));
    await append('1');
    const sealed = await sealInTime(redis);
    expect(await copy.hgetall(`{s${String(shard).padStart(3, '0')}}:sealed`)).toEqual({
      [sealed.batch]: '1',
    });
    await discardSealed(redis, shard, sealed.batch);

    // One relay seals while the replica hangs, and dies; another one, with a connection of its own, must not send.
    await append('2');
    replica.freeze();
    const [one, other] = [connectTo(valkey), connectTo(valkey)];
    const lost = (await seal({}, 0, one)) as Sealed;
    one.disconnect();
    await expect(seal({}, 1, other)).rejects.toThrow('only 0 of 1 replicas');
    replica.thaw();
    expect(await sealInTime(other)).toEqual(lost);
    other.disconnect();
    copy.disconnect();
    await replica.stop();
  });
});
