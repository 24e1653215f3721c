import { describe, expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import { timeInId } from '#shared/domain/charge-id.ts';
import { FUTURE_TOLERANCE_MS } from '#shared/domain/event-time.ts';
import { shardOf } from '#shared/domain/shard.ts';
import { RECEIPT_SLICE_MS } from '#shared/platform/receipts.ts';
import { waitUntil } from '#shared/testing/wait-until.ts';
import { readAccount, shardTag } from './account-store.ts';
import { type BalanceChange, changeBalance } from './balance-store.ts';
import { useOwnStore } from './testing/own-store.ts';
import { charge, HOUR_MS, nowMsOf, openNew, storeOn, topUp, uuidV7 } from './testing/store.ts';

const own = useOwnStore();

/** Sends a change whose request is its event. */
const send = (event: BalanceChange['event'], on = own.store) => changeBalance(on, { event });

const tagOf = (client: string) => shardTag(shardOf(client, own.store.shards));

describe('the same id', () => {
  test.each([
    ['without a time', () => 'order-1'],
    ['ULID', () => ulid()],
    ['UUIDv7', () => uuidV7(Date.now())],
    ['as old as the window allows', () => ulid(Date.now() - 24 * HOUR_MS + 60_000)],
    ['as new as clocks differ', () => ulid(Date.now() + FUTURE_TOLERANCE_MS - 60_000)],
  ])('%s, same body: the first answer, unchanged by what came between', async (_name, makeId) => {
    const client = await openNew(own.store, 100n);
    const event = charge(client, 10n, makeId());
    const first = await send(event);
    expect(first).toMatchObject({ type: 'done', balanceMicros: 90n });
    await send(charge(client, 20n));
    const again = await own.changesNothing(() =>
      send({ ...event, occurredAtMs: event.occurredAtMs }),
    );
    expect(again).toEqual({ ...first, type: 'repeated' });
  });

  test('another body: both fingerprints, and nothing changes', async () => {
    const client = await openNew(own.store, 100n);
    const [first, second] = [charge(client, 10n, 'order-1'), charge(client, 11n, 'order-1')];
    await send(first);
    expect(await own.changesNothing(() => send(second))).toEqual({
      type: 'reused',
      firstFingerprint: first.fingerprint,
      fingerprint: second.fingerprint,
    });
  });

  test('is another one for another client and for another kind of change', async () => {
    const [one, other] = [await openNew(own.store, 100n), await openNew(own.store, 100n)];
    for (const event of [charge(one, 1n, 'x'), charge(other, 1n, 'x'), topUp(one, 1n, 'x')]) {
      expect((await send(event)).type).toBe('done');
    }
    expect((await send({ ...topUp(one, 1n, 'x'), kind: 'adjustment' })).type).toBe('done');
  });

  test('64 times at once takes effect once', async () => {
    const client = await openNew(own.store, 100n);
    const event = charge(client, 10n);
    const outcomes = await Promise.all(Array.from({ length: 64 }, () => send(event)));
    expect(outcomes.filter(({ type }) => type === 'done')).toHaveLength(1);
    expect(outcomes.filter(({ type }) => type === 'repeated')).toHaveLength(63);
    expect((await readAccount(own.store, client))?.balanceMicros).toBe(90n);
  });
});

describe('receipts', () => {
  /** Makes the receipts of a client's shard older by whole slices. */
  const age = async (client: string, slices: number) => {
    const running = Math.floor((await nowMsOf(own.redis)) / RECEIPT_SLICE_MS);
    const key = (slice: number) => `${tagOf(client)}:receipts:${slice}`;
    await own.redis.rename(key(running), key(running - slices));
  };

  /** The window reaches back into so many slices. */
  const SLICES = (24 * HOUR_MS) / RECEIPT_SLICE_MS;

  test('of an id without a time hold across the edges of slices, and go with the window', async () => {
    const client = await openNew(own.store, 100n);
    const event = charge(client, 1n);
    const first = await send(event);
    await age(client, SLICES);
    expect(await send(event)).toEqual({ ...first, type: 'repeated' });
    const later = charge(client, 1n);
    await send(later);
    await age(client, SLICES + 1);
    expect((await send(later)).type).toBe('done');
  });

  test('hold when another window is set', async () => {
    const client = await openNew(own.store, 100n);
    const event = charge(client, 1n);
    const first = await send(event);
    for (const hours of [1, 12, 48, 1_000]) {
      const changed = storeOn(own.redis, { receiptWindowMs: hours * HOUR_MS });
      expect(await send(event, changed)).toEqual({ ...first, type: 'repeated' });
    }
  });

  test('of an id with its time hold until it is refused as expired: never twice', async () => {
    const short = storeOn(own.redis, { receiptWindowMs: 3_000 });
    const client = await openNew(short, 100n);
    const event = charge(client, 1n, ulid(await nowMsOf(own.redis)));
    const types = [(await send(event, short)).type];
    await waitUntil(async () => {
      types.push((await send(event, short)).type);
      return types.at(-1) === 'expired';
    });
    expect(types.filter((type) => type !== 'repeated')).toEqual(['done', 'expired']);
    expect((await readAccount(short, client))?.balanceMicros).toBe(99n);
  });

  test('of an id from the future are found when its time has come', async () => {
    const short = storeOn(own.redis, { receiptWindowMs: 60_000 });
    const client = await openNew(short, 100n);
    const event = charge(client, 1n, ulid((await nowMsOf(own.redis)) + 700));
    const idTimeMs = timeInId(event.id) as number;
    const first = await send(event, short);
    await waitUntil(async () => (await nowMsOf(own.redis)) > idTimeMs);
    expect(await send(event, short)).toEqual({ ...first, type: 'repeated' });
  });

  test('go with their slice, once no id of it can be asked for', async () => {
    const client = await openNew(own.store, 100n);
    const timeMs = (await nowMsOf(own.redis)) - 20 * HOUR_MS;
    const slice = Math.floor(timeMs / RECEIPT_SLICE_MS);
    const key = `${tagOf(client)}:receipts:${slice}`;
    // Another test may have made the receipts of this shard so old.
    await own.redis.del(key);
    await send(charge(client, 1n, ulid(timeMs)));
    await send(charge(client, 1n, ulid(timeMs + 1)));
    const expiresAtMs = await own.redis.pexpiretime(key);
    expect(expiresAtMs).toBe(
      (slice + 1) * RECEIPT_SLICE_MS + own.store.receiptWindowMs + FUTURE_TOLERANCE_MS,
    );
    for (const each of await own.redis.keys('*:receipts:*')) {
      expect(await own.redis.pttl(each)).not.toBe(-1);
    }
  });
});
