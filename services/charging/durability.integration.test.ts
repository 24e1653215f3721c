import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import { startValkey, type Valkey } from '#shared/testing/valkey.ts';
import { waitUntil } from '#shared/testing/wait-until.ts';
import { type AccountStore, changeTerms, openAccount, readAccount } from './account-store.ts';
import { changeBalance, changeBalances, reverse } from './balance-store.ts';
import { captureHold, extendHold, placeHold, releaseHold } from './hold-store.ts';
import { useOwnStore } from './testing/own-store.ts';
import {
  capture,
  charge,
  complete,
  connectTo,
  contentsOf,
  extension,
  HOUR_MS,
  hold,
  newClient,
  opening,
  openNew,
  release,
  reversal,
  storeOn,
  terms,
  topUp,
} from './testing/store.ts';

const own = useOwnStore();
let replica: Valkey;
let copy: Redis;
let replicated: AccountStore;

beforeAll(async () => {
  replica = await startValkey('--replicaof', '127.0.0.1', String(own.valkey.port));
  copy = connectTo(replica.url);
  replicated = storeOn(own.redis, { replication: { replicas: 1, waitMs: 2_000 } });
  await waitUntil(async () => (await own.redis.info('replication')).includes('state=online'));
  await complete(replicated);
});
afterAll(async () => {
  copy.disconnect();
  await replica.stop();
});

/** The same store, that waits for its replica only so long. */
const impatient = () => storeOn(own.redis, { replication: { replicas: 1, waitMs: 100 } });

const unacknowledged = {
  code: 'unavailable',
  cause: { message: 'only 0 of 1 replicas have it after 100 ms' },
};

async function whileFrozen<T>(work: () => Promise<T>): Promise<T> {
  replica.freeze();
  try {
    return await work();
  } finally {
    replica.thaw();
  }
}

test('what is answered is on the replica', async () => {
  const client = await openNew(replicated, 10_000n);
  for (let count = 1n; count <= 200n; count++) {
    await changeBalance(replicated, { event: charge(client, 1n) });
    expect((await readAccount(storeOn(copy), client))?.balanceMicros).toBe(10_000n - count);
  }
  const changes = Array.from({ length: 100 }, () => ({ event: charge(client, 1n) }));
  await changeBalances(replicated, changes);
  expect((await readAccount(storeOn(copy), client))?.balanceMicros).toBe(9_700n);
});

describe('while the replica hangs', () => {
  test('a charge is not answered, and its retry tells that it took effect once', async () => {
    const client = await openNew(replicated, 10n);
    const event = charge(client, 1n);
    await whileFrozen(async () => {
      await expect(changeBalance(impatient(), { event })).rejects.toMatchObject(unacknowledged);
      // Still not on the replica: the retry must not be answered from the receipt.
      await expect(changeBalance(impatient(), { event })).rejects.toMatchObject(unacknowledged);
    });
    const again = await changeBalance(replicated, { event });
    expect(again).toMatchObject({ type: 'repeated', balanceMicros: 9n });
    expect(await own.eventsOf(client)).toHaveLength(2);
    expect((await readAccount(storeOn(copy), client))?.balanceMicros).toBe(9n);
  });

  test('of a batch over all shards each charge is unavailable, and each is told when it comes again', async () => {
    const clients = await Promise.all(Array.from({ length: 8 }, () => openNew(replicated, 10n)));
    const changes = clients.map((client) => ({ event: charge(client, 1n) }));
    const outcomes = await whileFrozen(() => changeBalances(impatient(), changes));
    for (const outcome of outcomes) expect(outcome).toMatchObject(unacknowledged);
    const again = await changeBalances(replicated, changes);
    expect(again.map((outcome) => 'type' in outcome && outcome.type)).toEqual(
      Array(8).fill('repeated'),
    );
  });

  test('a refusal is not answered either: what it was decided by may be lost', async () => {
    const client = await openNew(replicated, 10n);
    const refused = () => changeBalance(impatient(), { event: charge(client, 11n) });
    await whileFrozen(() => expect(refused()).rejects.toMatchObject(unacknowledged));
  });

  test('nor is anything else that changes an account, until it comes again', async () => {
    const client = await openNew(replicated, 1_000n);
    const charged = charge(client, 5n);
    await changeBalance(replicated, { event: charged });
    for (const id of ['h', 'i']) await placeHold(replicated, hold(client, 10n, id), HOUR_MS);
    const options = { isUpTo: false, isFinal: false };
    const [credit, held, taken] = [topUp(client, 1n), hold(client, 1n), capture(client, 'h', 1n)];
    const [longer, given, back] = [extension(client, 'h'), release(client, 'i'), reversal(charged)];
    const calls: ((store: AccountStore) => Promise<{ type: string }>)[] = [
      (store) => changeBalance(store, { event: credit }),
      (store) => placeHold(store, held, HOUR_MS),
      (store) => captureHold(store, taken, options),
      (store) => extendHold(store, longer, HOUR_MS),
      (store) => releaseHold(store, given),
      (store) => reverse(store, back),
    ];
    const opened = { ...opening(newClient()), amountMicros: 3n };
    const limited = { creditLimitMicros: 7n };
    await whileFrozen(async () => {
      const store = impatient();
      for (const call of calls) await expect(call(store)).rejects.toMatchObject(unacknowledged);
      await expect(openAccount(store, opened)).rejects.toMatchObject(unacknowledged);
      const changed = changeTerms(store, terms(client), limited);
      await expect(changed).rejects.toMatchObject(unacknowledged);
    });
    for (const call of calls) expect((await call(replicated)).type).toBe('repeated');
    expect((await openAccount(replicated, opened)).type).toBe('exists');
    expect(await changeTerms(replicated, terms(client), limited)).toBe('same');
    expect(await readAccount(storeOn(copy), client)).toMatchObject({
      balanceMicros: 1_000n,
      heldMicros: 10n,
      creditLimitMicros: 7n,
    });
  });
});

test('without a replica nothing is answered', async () => {
  const alone = await startValkey();
  const redis = connectTo(alone.url);
  const client = await openNew(storeOn(redis), 10n);
  const event = charge(client, 1n);
  const store = storeOn(redis, { replication: { replicas: 1, waitMs: 100 } });
  await expect(changeBalance(store, { event })).rejects.toMatchObject(unacknowledged);
  expect(await changeBalance(storeOn(redis), { event })).toMatchObject({ type: 'repeated' });
  redis.disconnect();
  await alone.stop();
});

test('a replica that takes over has all that was answered: charges, receipts and events', async () => {
  const client = await openNew(replicated, 1_000n);
  const events = Array.from({ length: 50 }, () => charge(client, 1n));
  const answers = await Promise.all(events.map((event) => changeBalance(replicated, { event })));
  const before = await contentsOf(own.redis);
  own.valkey.freeze();
  try {
    await copy.replicaof('NO', 'ONE');
    expect(await contentsOf(copy)).toEqual(before);
    const promoted = storeOn(copy);
    for (const [index, event] of events.entries()) {
      const again = await changeBalance(promoted, { event });
      expect(again).toEqual({ ...answers[index], type: 'repeated' });
    }
  } finally {
    own.valkey.thaw();
  }
});
