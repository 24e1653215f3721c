import { describe, expect, test } from '@jest/globals';
import { shardOf } from '#shared/domain/shard.ts';
import { changeTerms, isComplete, openAccount, readAccount, shardTag } from './account-store.ts';
import { changeBalance, changeBalances, reverse } from './balance-store.ts';
import { captureHold, extendHold, placeHold, releaseHold } from './hold-store.ts';
import { useOwnStore } from './testing/own-store.ts';
import {
  capture,
  charge,
  complete,
  extension,
  HOUR_MS,
  hold,
  markComplete,
  newClient,
  opening,
  openNew,
  release,
  reversal,
  terms,
  topUp,
} from './testing/store.ts';

const own = useOwnStore();

describe('opening', () => {
  test('records the account and one event', async () => {
    await complete(own.store);
    const client = newClient();
    const event = { ...opening(client), amountMicros: 5n };
    expect(await openAccount(own.store, event)).toEqual({ type: 'opened', balanceMicros: 5n });
    expect(await readAccount(own.store, client)).toEqual({
      client,
      currency: 'USD',
      balanceMicros: 5n,
      heldMicros: 0n,
      creditLimitMicros: 0n,
      status: 'open',
    });
    expect(await own.eventsOf(client)).toEqual([
      { ...event, balanceMicros: 5n, recordedAtMs: expect.any(Number) },
    ]);
  });

  test('again answers with the balance as it stands, and with other terms differs', async () => {
    const client = await openNew(own.store, 10n);
    await changeBalance(own.store, { event: charge(client, 3n) });
    const again = { ...opening(client), amountMicros: 10n };
    await own.changesNothing(async () => {
      expect(await openAccount(own.store, again)).toEqual({ type: 'exists', balanceMicros: 7n });
      for (const terms of [{ amountMicros: 11n }, { currency: 'EUR' }]) {
        const differing = await openAccount(own.store, { ...again, ...terms });
        expect(differing).toEqual({ type: 'differs', balanceMicros: 7n });
      }
    });
  });

  test('64 times at once happens once', async () => {
    await complete(own.store);
    const client = newClient();
    const results = await Promise.all(
      Array.from({ length: 64 }, () => openAccount(own.store, opening(client))),
    );
    expect(results.filter(({ type }) => type === 'opened')).toHaveLength(1);
    expect(await own.eventsOf(client)).toHaveLength(1);
  });

  test('of an account nobody has opened: none', async () => {
    expect(await readAccount(own.store, newClient())).toBeUndefined();
  });
});

describe('a shard without its mark, as after the store was lost', () => {
  const CALLS: [string, (client: string) => Promise<unknown>][] = [
    ['opening', (client) => openAccount(own.store, opening(client))],
    ['a charge', (client) => changeBalance(own.store, { event: charge(client, 1n) })],
    [
      'a charge up to an amount',
      (client) => changeBalance(own.store, { event: charge(client, 1n), isUpTo: true }),
    ],
    ['a top-up', (client) => changeBalance(own.store, { event: topUp(client, 1n) })],
    ['a hold', (client) => placeHold(own.store, hold(client, 1n), HOUR_MS)],
    [
      'a capture',
      (client) =>
        captureHold(own.store, capture(client, 'h', 1n), { isUpTo: false, isFinal: false }),
    ],
    ['a release', (client) => releaseHold(own.store, release(client, 'h'))],
    ['an extension', (client) => extendHold(own.store, extension(client, 'h'), HOUR_MS)],
    ['a reversal', (client) => reverse(own.store, reversal(charge(client, 1n)))],
  ];

  test.each(CALLS)('%s is answered incomplete and changes nothing', async (_name, call) => {
    await own.redis.flushall();
    const client = newClient();
    expect(await own.changesNothing(() => call(client))).toMatchObject({ type: 'incomplete' });
    expect(await own.redis.dbsize()).toBe(0);
    await complete(own.store);
    expect((await call(client)) as object).not.toMatchObject({ type: 'incomplete' });
  });

  test('a change of terms, too', async () => {
    await own.redis.flushall();
    const change = () => changeTerms(own.store, terms(newClient()), { status: 'frozen' });
    expect(await own.changesNothing(change)).toBe('incomplete');
    await complete(own.store);
    expect(await change()).toBe('unknown_account');
  });

  test('a batch: each of its changes', async () => {
    await own.redis.flushall();
    const changes = Array.from({ length: 20 }, () => ({ event: charge(newClient(), 1n) }));
    const outcomes = await own.changesNothing(() => changeBalances(own.store, changes));
    expect(outcomes).toEqual(Array(20).fill({ type: 'incomplete' }));
  });

  test('accounts that are there go on: only what is missing is not known', async () => {
    await own.redis.flushall();
    const client = await openNew(own.store, 10n);
    const shard = shardOf(client, own.store.shards);
    expect(await isComplete(own.store, shard)).toBe(true);
    await own.redis.del(`${shardTag(shard)}:complete`);
    expect(await isComplete(own.store, shard)).toBe(false);
    const outcome = await changeBalance(own.store, { event: charge(client, 1n) });
    expect(outcome).toMatchObject({ type: 'done', balanceMicros: 9n });
    const again = { ...opening(client), amountMicros: 10n };
    expect(await openAccount(own.store, again)).toEqual({ type: 'exists', balanceMicros: 9n });
  });

  test('of one shard says nothing of the others', async () => {
    await own.redis.flushall();
    await markComplete(own.store, 2);
    const complete = [0, 1, 2, 3].map((shard) => isComplete(own.store, shard));
    expect(await Promise.all(complete)).toEqual([false, false, true, false]);
  });
});
