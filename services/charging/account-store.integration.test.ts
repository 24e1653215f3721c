import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import { ulid } from 'ulid';
import { timeInId } from '#shared/domain/charge-id.ts';
import { FUTURE_TOLERANCE_MS } from '#shared/domain/event-time.ts';
import { shardName, shardOf } from '#shared/domain/shard.ts';
import { fingerprintOf, RECEIPT_SLICE_MS } from '#shared/platform/receipts.ts';
import { startValkey, type Valkey } from '#shared/testing/valkey.ts';
import { waitUntil } from '#shared/testing/wait-until.ts';
import { type AccountStore, changeBalance, openAccount, readAccount } from './account-store.ts';
import {
  charge,
  connectTo,
  contentsOf,
  HOUR_MS,
  journalOf,
  newClient,
  opening,
  openNew,
  storeOn,
  topUp,
} from './testing/store.ts';

const INT64_MAX = 2n ** 63n - 1n;

let valkey: Valkey;
let redis: Redis;
let store: AccountStore;

beforeAll(async () => {
  valkey = await startValkey();
  redis = connectTo(valkey.url);
  store = storeOn(redis);
});
afterAll(async () => {
  redis.disconnect();
  await valkey.stop();
});

/** Sends a change whose request is its event. */
const send = (event: Parameters<typeof changeBalance>[1], on = store) =>
  changeBalance(on, event, event);

async function changesNothing(work: () => Promise<unknown>) {
  const before = await contentsOf(redis);
  const result = await work();
  expect(await contentsOf(redis)).toEqual(before);
  return result;
}

function uuidV7(timeMs: number): string {
  const hex = timeMs.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7abc-8def-0123456789ab`;
}

describe('opening', () => {
  test('records the account and one event', async () => {
    const client = newClient();
    const event = { ...opening(client), amountMicros: 5n };
    expect(await openAccount(store, event)).toEqual({ type: 'opened', balanceMicros: 5n });
    expect(await readAccount(store, client)).toEqual({
      client,
      currency: 'USD',
      balanceMicros: 5n,
    });
    const events = (await journalOf(redis)).filter((entry) => entry.client === client);
    expect(events).toEqual([{ ...event, balanceMicros: 5n, recordedAtMs: expect.any(Number) }]);
  });

  test('again answers with the balance as it stands, and with other terms differs', async () => {
    const client = await openNew(store, 10n);
    await send(charge(client, 3n));
    const again = { ...opening(client), amountMicros: 10n };
    await changesNothing(async () => {
      expect(await openAccount(store, again)).toEqual({ type: 'exists', balanceMicros: 7n });
      for (const terms of [{ amountMicros: 11n }, { currency: 'EUR' }]) {
        const differing = await openAccount(store, { ...again, ...terms });
        expect(differing).toEqual({ type: 'differs', balanceMicros: 7n });
      }
    });
  });

  test('64 times at once happens once', async () => {
    const client = newClient();
    const results = await Promise.all(
      Array.from({ length: 64 }, () => openAccount(store, opening(client))),
    );
    expect(results.filter(({ type }) => type === 'opened')).toHaveLength(1);
    expect((await journalOf(redis)).filter((event) => event.client === client)).toHaveLength(1);
  });

  test('of an account nobody has opened: none', async () => {
    expect(await readAccount(store, newClient())).toBeUndefined();
  });
});

describe('a change', () => {
  test.each([
    ['charge', (client: string) => charge(client, 30n), 70n],
    ['top-up', (client: string) => topUp(client, 30n), 130n],
    [
      'adjustment',
      (client: string) => ({ ...topUp(client, -30n), kind: 'adjustment' as const }),
      70n,
    ],
    ['charge of nothing', (client: string) => charge(client, 0n), 100n],
    ['charge of everything', (client: string) => charge(client, 100n), 0n],
  ])('%s: balance, receipt and event', async (_name, make, balanceMicros) => {
    const client = await openNew(store, 100n);
    const event = make(client);
    const outcome = await send(event);
    expect(outcome).toEqual({ type: 'done', balanceMicros, recordedAtMs: expect.any(Number) });
    expect((await readAccount(store, client))?.balanceMicros).toBe(balanceMicros);
    const events = (await journalOf(redis)).filter((entry) => entry.client === client);
    expect(events.slice(1)).toEqual([
      { ...event, balanceMicros, recordedAtMs: (outcome as { recordedAtMs: number }).recordedAtMs },
    ]);
  });

  test('takes its time from the clock of Redis', async () => {
    const client = await openNew(store, 1n);
    const [seconds, microseconds] = (await redis.time()).map(Number) as [number, number];
    const outcome = await send(charge(client, 1n));
    const { recordedAtMs } = outcome as { recordedAtMs: number };
    const passedMs = recordedAtMs - Math.floor(seconds * 1_000 + microseconds / 1_000);
    expect(passedMs).toBeGreaterThanOrEqual(0);
    expect(passedMs).toBeLessThan(2_000);
  });

  test.each([
    ['unknown_account', () => charge(newClient(), 1n)],
    ['currency_mismatch', (client: string) => ({ ...charge(client, 1n), currency: 'EUR' })],
    ['insufficient_balance', (client: string) => charge(client, 101n)],
    [
      'insufficient_balance',
      (client: string) => ({ ...topUp(client, -101n), kind: 'adjustment' as const }),
    ],
    ['expired', (client: string) => charge(client, 1n, ulid(Date.now() - 25 * HOUR_MS))],
    ['expired', (client: string) => charge(client, 1n, uuidV7(Date.now() - 25 * HOUR_MS))],
    ['in_future', (client: string) => charge(client, 1n, ulid(Date.now() + HOUR_MS))],
    ['in_future', (client: string) => charge(client, 1n, uuidV7(Date.now() + HOUR_MS))],
  ])('refused as %s changes nothing', async (type, make) => {
    const client = await openNew(store, 100n);
    expect(await changesNothing(() => send(make(client)))).toEqual({ type });
  });

  test('that was refused is decided afresh', async () => {
    const client = await openNew(store, 1n);
    const event = charge(client, 5n);
    expect((await send(event)).type).toBe('insufficient_balance');
    await send(topUp(client, 5n));
    expect(await send(event)).toMatchObject({ type: 'done', balanceMicros: 1n });
  });

  test('fails, and is not refused, where Redis cannot write', async () => {
    const client = await openNew(store, 100n);
    const replica = await startValkey('--replicaof', '127.0.0.1', String(valkey.port));
    const other = connectTo(replica.url);
    try {
      await waitUntil(
        async () => (await other.exists(`{${tagOf(client)}}:account:${client}`)) === 1,
      );
      const failure = await send(charge(client, 1n), storeOn(other)).catch((error) => error);
      expect(failure).toMatchObject({
        code: 'unavailable',
        cause: { message: expect.stringMatching(/^READONLY/) },
      });
    } finally {
      other.disconnect();
      await replica.stop();
    }
  }, 20_000);
});

const tagOf = (client: string) => shardName(shardOf(client, store.shards));

describe('amounts beyond 2^53', () => {
  test('stay exact to the micro-unit', async () => {
    const start = INT64_MAX - 12_345n;
    const client = await openNew(store, start);
    let balanceMicros = start;
    for (const amountMicros of [1n, 7n, 999_999_999_999_999n, 10n ** 18n + 1n]) {
      balanceMicros -= amountMicros;
      expect(await send(charge(client, amountMicros))).toMatchObject({
        type: 'done',
        balanceMicros,
      });
    }
    balanceMicros += 3n;
    expect(await send(topUp(client, 3n))).toMatchObject({ type: 'done', balanceMicros });
    expect((await readAccount(store, client))?.balanceMicros).toBe(balanceMicros);
    const last = (await journalOf(redis)).filter((event) => event.client === client).at(-1);
    expect(last).toMatchObject({ balanceMicros, amountMicros: 3n });
  });

  test('are put back exactly after a refusal', async () => {
    const start = 2n ** 53n + 1n;
    const client = await openNew(store, start);
    const refused = () => send(charge(client, start + 2n ** 60n + 1n));
    expect(await changesNothing(refused)).toEqual({ type: 'insufficient_balance' });
  });

  test('are refused where they do not fit', async () => {
    const client = await openNew(store, INT64_MAX - 1n);
    expect(await changesNothing(() => send(topUp(client, 2n)))).toEqual({
      type: 'balance_out_of_range',
    });
    expect(await send(topUp(client, 1n))).toMatchObject({ type: 'done', balanceMicros: INT64_MAX });
  });
});

describe('the same id', () => {
  test.each([
    ['without a time', () => 'order-1'],
    ['ULID', () => ulid()],
    ['UUIDv7', () => uuidV7(Date.now())],
    ['as old as the window allows', () => ulid(Date.now() - 24 * HOUR_MS + 60_000)],
    ['as new as clocks differ', () => ulid(Date.now() + FUTURE_TOLERANCE_MS - 60_000)],
  ])('%s, same body: the first answer, unchanged by what came between', async (_name, makeId) => {
    const client = await openNew(store, 100n);
    const event = charge(client, 10n, makeId());
    const first = await send(event);
    expect(first).toMatchObject({ type: 'done', balanceMicros: 90n });
    await send(charge(client, 20n));
    const again = await changesNothing(() => send({ ...event, occurredAtMs: event.occurredAtMs }));
    expect(again).toEqual({ ...first, type: 'repeated' });
  });

  test('another body: both fingerprints, and nothing changes', async () => {
    const client = await openNew(store, 100n);
    const [first, second] = [charge(client, 10n, 'order-1'), charge(client, 11n, 'order-1')];
    await send(first);
    expect(await changesNothing(() => send(second))).toEqual({
      type: 'reused',
      firstFingerprint: fingerprintOf(first),
      fingerprint: fingerprintOf(second),
    });
  });

  test('is another one for another client and for another kind of change', async () => {
    const [one, other] = [await openNew(store, 100n), await openNew(store, 100n)];
    for (const event of [charge(one, 1n, 'x'), charge(other, 1n, 'x'), topUp(one, 1n, 'x')]) {
      expect((await send(event)).type).toBe('done');
    }
    expect((await send({ ...topUp(one, 1n, 'x'), kind: 'adjustment' })).type).toBe('done');
  });

  test('64 times at once takes effect once', async () => {
    const client = await openNew(store, 100n);
    const event = charge(client, 10n);
    const outcomes = await Promise.all(Array.from({ length: 64 }, () => send(event)));
    expect(outcomes.filter(({ type }) => type === 'done')).toHaveLength(1);
    expect(outcomes.filter(({ type }) => type === 'repeated')).toHaveLength(63);
    expect((await readAccount(store, client))?.balanceMicros).toBe(90n);
  });
});

describe('receipts', () => {
  const WINDOW_MS = 1_000;
  const nowMs = async () => {
    const [seconds, microseconds] = (await redis.time()).map(Number) as [number, number];
    return seconds * 1_000 + microseconds / 1_000;
  };
  /** Makes the receipts of a client's shard older by whole slices. */
  const age = async (client: string, slices: number) => {
    const running = Math.floor((await nowMs()) / RECEIPT_SLICE_MS);
    const key = (slice: number) => `{${tagOf(client)}}:receipts:${slice}`;
    await redis.rename(key(running), key(running - slices));
  };

  test('of an id without a time hold across the edge of a slice, and go with the window', async () => {
    const client = await openNew(store, 100n);
    const event = charge(client, 1n);
    const first = await send(event);
    await age(client, 1);
    expect(await send(event)).toEqual({ ...first, type: 'repeated' });
    const later = charge(client, 1n);
    await send(later);
    await age(client, 2);
    expect((await send(later)).type).toBe('done');
  });

  test('hold when another window is set', async () => {
    const client = await openNew(store, 100n);
    const event = charge(client, 1n);
    const first = await send(event);
    for (const hours of [1, 12, 48, 1_000]) {
      const changed = storeOn(redis, { receiptWindowMs: hours * HOUR_MS });
      expect(await send(event, changed)).toEqual({ ...first, type: 'repeated' });
    }
  });

  test('of an id with its time hold until it is refused as expired: never twice', async () => {
    const short = storeOn(redis, { receiptWindowMs: WINDOW_MS });
    const client = await openNew(short, 100n);
    const event = charge(client, 1n, ulid(Math.floor(await nowMs())));
    const types = [(await send(event, short)).type];
    await waitUntil(async () => {
      types.push((await send(event, short)).type);
      return types.at(-1) === 'expired';
    });
    expect([...new Set(types)]).toEqual(['done', 'repeated', 'expired']);
    expect((await readAccount(short, client))?.balanceMicros).toBe(99n);
  });

  test('of an id from the future are found when its time has come', async () => {
    const short = storeOn(redis, { receiptWindowMs: WINDOW_MS });
    const client = await openNew(short, 100n);
    const event = charge(client, 1n, ulid(Math.floor(await nowMs()) + 700));
    const idTimeMs = timeInId(event.id) as number;
    const first = await send(event, short);
    await waitUntil(async () => (await nowMs()) > idTimeMs + 300);
    expect(await send(event, short)).toEqual({ ...first, type: 'repeated' });
  });

  test('go with their slice, once no id of it can be asked for', async () => {
    const client = await openNew(store, 100n);
    const timeMs = Math.floor(await nowMs()) - 20 * HOUR_MS;
    await send(charge(client, 1n, ulid(timeMs)));
    await send(charge(client, 1n, ulid(timeMs + 1)));
    const slice = Math.floor(timeMs / RECEIPT_SLICE_MS);
    const expiresAtMs = await redis.pexpiretime(`{${tagOf(client)}}:receipts:${slice}`);
    expect(expiresAtMs).toBe(
      (slice + 1) * RECEIPT_SLICE_MS + store.receiptWindowMs + FUTURE_TOLERANCE_MS,
    );
    for (const key of await redis.keys('*:receipts:*')) {
      expect(await redis.pttl(key)).not.toBe(-1);
    }
  });
});

test('64 charges at once on too little money: as many as it covers, and not one more', async () => {
  const clients = Array.from({ length: 4 }, () => connectTo(valkey.url));
  const client = await openNew(store, 1_000n);
  const outcomes = await Promise.all(
    Array.from({ length: 64 }, (_, index) =>
      send(charge(client, 30n), storeOn(clients[index % 4] as Redis)),
    ),
  );
  const counts = Map.groupBy(outcomes, ({ type }) => type);
  expect(counts.get('done')).toHaveLength(33);
  expect(counts.get('insufficient_balance')).toHaveLength(31);
  expect((await readAccount(store, client))?.balanceMicros).toBe(10n);
  for (const other of clients) other.disconnect();
});
