import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readEntries } from '#shared/contracts/outbox-entry.ts';
import { decodeEvents } from '#shared/contracts/sealed-batch.ts';
import type { UsageCloudEvent } from '#shared/contracts/usage-events.ts';
import type { LedgerEvent } from '#shared/domain/ledger-event.ts';
import { MAX_ENTRY_BYTES, outboxKey } from '#shared/platform/outbox.ts';
import { connectRedis, type RedisClient } from '#shared/platform/redis.ts';
import { connectOwnRedis } from '#shared/testing/own-redis.ts';
import { recordUsage, type UsageRecording } from './record-usage.ts';
import { cloudEvent, NOW_MS } from './testing/cloud-event.ts';

const SHARDS = 8;
let redis: RedisClient;
let recording: UsageRecording;

beforeAll(async () => {
  redis = await connectOwnRedis(11);
  recording = {
    recorder: { redis, shards: SHARDS, receiptWindowMs: 3_600_000 },
    priceList: async () =>
      new Map([['sms', { currency: 'EUR', amountMicros: 75_000n, perQuantityMicros: 1_000_000n }]]),
    timeZone: 'America/New_York',
    maxEventAgeDays: 45,
    nowMs: () => NOW_MS,
  };
});
beforeEach(() => redis.flushdb());
afterAll(() => redis.quit());

interface OutboxEntry {
  readonly count: number;
  readonly entry: string;
}

async function outboxEntries(): Promise<OutboxEntry[]> {
  const streams = await Promise.all(
    Array.from({ length: SHARDS }, (_, shard) => redis.xrange(outboxKey(shard), '-', '+')),
  );
  return streams.flat().map(([, fields]) => {
    expect([fields[0], fields[2]]).toEqual(['n', 'e']);
    return { count: Number(fields[1]), entry: String(fields[3]) };
  });
}

/** The recorded events, entry by entry; each entry says itself how many it carries. */
async function recorded(): Promise<LedgerEvent[]> {
  return (await outboxEntries()).flatMap(({ count, entry }) => {
    const events = decodeEvents(JSON.stringify(readEntries(entry)));
    expect(events).toHaveLength(count);
    return events;
  });
}

const problemOf = (work: Promise<unknown>) =>
  work.then(
    () => {
      throw new Error('was answered');
    },
    (error) => ({ code: error.code, ...error.extras }),
  );

const many = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    cloudEvent({ id: `e-${index}`, subject: `client-${index % 7}` }),
  );

test('an event is recorded with its price, its day in the billing time zone and the time of Redis', async () => {
  const event = cloudEvent({ time: '2026-11-09T03:30:00Z' });
  expect(await recordUsage(recording, [event])).toEqual({ recorded: 1, duplicates: 0 });
  const [seconds] = (await redis.time()) as unknown as [string, string];
  const [found] = await recorded();
  expect(found).toEqual({
    kind: 'usage',
    id: 'e-1',
    origin: '/app',
    client: 'acme',
    currency: 'EUR',
    amountMicros: 150_000n,
    occurredAtMs: Date.parse('2026-11-09T03:30:00Z'),
    recordedAtMs: expect.any(Number),
    day: '2026-11-08',
    meter: 'sms',
    quantityMicros: 2_000_000n,
    fingerprint: expect.stringMatching(/^[\w-]{11}$/),
  });
  expect(Math.abs((found?.recordedAtMs ?? 0) - Number(seconds) * 1_000)).toBeLessThan(10_000);
});

test('an event without a time happened now; with an amount it needs no price', async () => {
  const event = cloudEvent({
    time: undefined,
    data: { meter: 'unlisted', amount: '0', currency: 'JPY' },
  });
  await recordUsage(recording, [event]);
  expect(await recorded()).toMatchObject([
    { occurredAtMs: NOW_MS, day: '2026-11-10', amountMicros: 0n, currency: 'JPY' },
  ]);
});

describe('each id counts once', () => {
  test('when the same events come again, in another order or in part', async () => {
    const events = many(50);
    expect(await recordUsage(recording, events)).toEqual({ recorded: 50, duplicates: 0 });
    const before = await recorded();
    expect(await recordUsage(recording, events)).toEqual({ recorded: 0, duplicates: 50 });
    expect(await recordUsage(recording, [...events].reverse())).toEqual({
      recorded: 0,
      duplicates: 50,
    });
    expect(await recorded()).toEqual(before);
  });

  test('when the same events come at once', async () => {
    const events = many(50);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => recordUsage(recording, events)),
    );
    expect(answers.reduce((sum, answer) => sum + answer.recorded, 0)).toBe(50);
    expect((await recorded()).map(({ id }) => id).sort()).toEqual(
      events.map(({ id }) => id).sort(),
    );
  });

  test('when an event is there twice in one batch', async () => {
    const [event] = many(1) as [UsageCloudEvent];
    expect(await recordUsage(recording, [event, event])).toEqual({ recorded: 1, duplicates: 1 });
  });

  test('also without a time, however much later it comes again', async () => {
    const event = cloudEvent({ time: undefined });
    await recordUsage(recording, [event]);
    const later = { ...recording, nowMs: () => NOW_MS + 60_000 };
    expect(await recordUsage(later, [event])).toEqual({ recorded: 0, duplicates: 1 });
  });

  test('of one client and source: others may use the same id', async () => {
    const events = [
      cloudEvent(),
      cloudEvent({ source: '/other' }),
      cloudEvent({ subject: 'someone-else' }),
    ];
    expect(await recordUsage(recording, events)).toEqual({ recorded: 3, duplicates: 0 });
  });
});

test('an id with another body is refused by its place, while the others are recorded', async () => {
  await recordUsage(recording, [cloudEvent({ id: 'used' })]);
  const answer = problemOf(
    recordUsage(recording, [
      cloudEvent({ id: 'a' }),
      cloudEvent({ id: 'used', data: { quantity: '3' } }),
      cloudEvent({ id: 'used' }),
      cloudEvent({ id: 'b', subject: 'b' }),
    ]),
  );
  expect(await answer).toEqual({
    code: 'id_reused',
    issues: [{ pointer: '/1/id', detail: 'used for another event' }],
    data: { recorded: 2, duplicates: 1 },
  });
  const found = await recorded();
  expect(found.map(({ id }) => id).sort()).toEqual(['a', 'b', 'used']);
  expect(found.find(({ id }) => id === 'used')).toMatchObject({ quantityMicros: 2_000_000n });
});

test.each<[string, object, object]>([
  [
    'an unknown meter',
    { data: { meter: 'unlisted' } },
    { code: 'unknown_meter', issues: [{ pointer: '/20/data/meter', detail: 'unlisted' }] },
  ],
  [
    'an amount over the bound',
    { data: { quantity: '999999999999' } },
    { code: 'amount_out_of_range', issues: [{ pointer: '/20/data/meter', detail: 'sms' }] },
  ],
  [
    'a time that is too old',
    { time: '2026-09-26T11:59:59.999Z' },
    {
      code: 'time_out_of_bounds',
      issues: [{ pointer: '/20/time', detail: '2026-09-26T11:59:59.999Z' }],
    },
  ],
  [
    'a time in the future',
    { time: '2026-11-10T12:05:00.001Z' },
    {
      code: 'time_out_of_bounds',
      issues: [{ pointer: '/20/time', detail: '2026-11-10T12:05:00.001Z' }],
    },
  ],
])('%s anywhere in a batch records nothing of it', async (_, changes, problem) => {
  const good = many(40);
  const bad = cloudEvent({ id: 'bad', ...changes });
  const sent = [...good.slice(0, 20), bad, ...good.slice(20)];
  expect(await problemOf(recordUsage(recording, sent))).toEqual(problem);
  expect(await recorded()).toEqual([]);
  expect(await recordUsage(recording, good)).toEqual({ recorded: 40, duplicates: 0 });
});

test('outcomes are those of the events in their order, whatever was recorded before', async () => {
  const sends = fc.array(
    fc.record({
      id: fc.constantFrom('a', 'b', 'c'),
      subject: fc.constantFrom('acme', 'b', 'c', 'd'),
      quantity: fc.constantFrom('1', '2'),
    }),
    { minLength: 1, maxLength: 25 },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(sends, { minLength: 1, maxLength: 3 }), async (batches) => {
      await redis.flushdb();
      const bodies = new Map<string, string>();
      for (const batch of batches) {
        const expected = { recorded: 0, duplicates: 0 };
        const reused: string[] = [];
        batch.forEach(({ id, subject, quantity }, index) => {
          const body = bodies.get(`${subject} ${id}`);
          if (body === undefined) {
            bodies.set(`${subject} ${id}`, quantity);
            expected.recorded += 1;
          } else if (body === quantity) expected.duplicates += 1;
          else reused.push(`/${index}/id`);
        });
        const work = recordUsage(
          recording,
          batch.map(({ id, subject, quantity }) => cloudEvent({ id, subject, data: { quantity } })),
        );
        if (reused.length === 0) expect(await work).toEqual(expected);
        else {
          const problem = await problemOf(work);
          expect(problem.data).toEqual(expected);
          expect(problem.issues.map(({ pointer }: { pointer: string }) => pointer)).toEqual(
            reused.slice(0, 20),
          );
        }
      }
      const found = (await recorded()).map((event) => `${event.client} ${event.id}`);
      expect(found.sort()).toEqual([...bodies.keys()].sort());
    }),
    { numRuns: 40 },
  );
});

test('no entry outgrows a batch, however long everything in it is', async () => {
  const longest = {
    subject: 'c'.repeat(128),
    source: '"'.repeat(128),
    data: {
      meter: 'm'.repeat(64),
      quantity: '999999999999.999999',
      amount: '1000000000',
      currency: 'EUR',
    },
  };
  const events = Array.from({ length: 1_000 }, (_, index) =>
    cloudEvent({ ...longest, id: String(index).padStart(128, '\\') }),
  );
  expect(await recordUsage(recording, events)).toEqual({ recorded: 1_000, duplicates: 0 });
  const entries = await outboxEntries();
  for (const { entry, count } of entries) {
    expect(Buffer.byteLength(entry)).toBeLessThanOrEqual(MAX_ENTRY_BYTES);
    expect(count).toBeLessThanOrEqual(200);
  }
  expect((await recorded()).map(({ id }) => id)).toEqual(events.map(({ id }) => id));
});

describe('what cannot be reached is answered as unavailable, in bounded time', () => {
  const unavailable = { code: 'unavailable', retryAfterSeconds: 1, cause: expect.any(Error) };

  test('a Redis that takes connections and never answers', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket.on('error', () => {})));
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const { port } = silent.address() as AddressInfo;
    const url = `redis://127.0.0.1:${port}`;
    const away = connectRedis({ url, isCluster: false, commandTimeoutMs: 100 });
    const recorder = { ...recording.recorder, redis: away };
    try {
      const problem = await problemOf(recordUsage({ ...recording, recorder }, many(3)));
      expect(problem).toEqual(unavailable);
    } finally {
      away.disconnect();
      for (const socket of sockets) socket.destroy();
      silent.close();
    }
  });

  test('the price list, without recording anything', async () => {
    const priceList = () => Promise.reject(new Error('away'));
    expect(await problemOf(recordUsage({ ...recording, priceList }, many(3)))).toEqual(unavailable);
    expect(await recorded()).toEqual([]);
    const priced = cloudEvent({ data: { amount: '1', currency: 'EUR' } });
    expect(await recordUsage({ ...recording, priceList }, [priced])).toMatchObject({ recorded: 1 });
  });
});
