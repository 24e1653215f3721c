import { beforeEach, expect, test } from '@jest/globals';
import { isComplete, openAccount, readAccount } from '../account-store.ts';
import { placeHold } from '../hold-store.ts';
import { useOwnStore } from '../testing/own-store.ts';
import { eventsOf, relayOn } from '../testing/relay.ts';
import { hold, newClient, nowMsOf, opening, openNew, storeOn, waitPast } from '../testing/store.ts';
import { relayEvents } from './relay-events.ts';

/** What the relay does for a shard beside handing on: it says that a new one is ready, and ends holds. */

const once = { hasTime: () => true, untilEmpty: false, onePass: true };

const own = useOwnStore();
let bodies: string[];
const take = (body: string) => bodies.push(body);

beforeEach(async () => {
  bodies = [];
  await own.redis.flushall();
});

const completeness = () =>
  Promise.all([0, 1, 2, 3].map((shard) => isComplete({ redis: own.redis }, shard)));

test('where the ledger is empty, accounts can be opened after one pass', async () => {
  const store = storeOn(own.redis);
  const event = { ...opening(newClient()), amountMicros: 5n };
  expect(await openAccount(store, event)).toEqual({ type: 'incomplete' });
  const summary = await relayEvents(relayOn(own.redis, take), once);
  expect(summary).toEqual({ batches: 0, passes: 1, failures: 0, expiredHolds: 0, lostShards: 0 });
  expect(await openAccount(store, event)).toEqual({ type: 'opened', balanceMicros: 5n });
});

test('a shard of which the ledger has events is not ready, and counted', async () => {
  const isInLedger = async (shard: number) => shard === 2;
  expect(await relayEvents(relayOn(own.redis, take, { isInLedger }), once)).toMatchObject({
    lostShards: 1,
    failures: 0,
  });
  expect(await completeness()).toEqual([true, true, false, true]);
});

test('the ledger is asked once a run, of shards that are not complete', async () => {
  const asked: number[] = [];
  const isInLedger = async (shard: number) => {
    asked.push(shard);
    return shard === 1;
  };
  let looks = 0;
  const relay = relayOn(own.redis, take, { isInLedger, concurrency: 1 });
  const hasTime = () => looks++ < 12;
  await relayEvents(relay, { hasTime, untilEmpty: false });
  expect(asked).toEqual([0, 1, 2, 3]);
  await relayEvents(relay, once);
  expect(asked).toEqual([0, 1, 2, 3, 1]);
});

test('a ledger that does not answer is asked again, and keeps nothing from being handed on', async () => {
  await openNew(storeOn(own.redis), 5n);
  await own.redis.del((await own.redis.keys('*:complete')) as [string]);
  let isAway = true;
  const isInLedger = async () => {
    if (isAway) throw new Error('the ledger is away');
    return false;
  };
  const relay = relayOn(own.redis, take, { isInLedger });
  const first = await relayEvents(relay, once);
  expect(first).toMatchObject({ failures: 4, batches: 1, lostShards: 0 });
  expect(first.lastFailure).toMatch(/^shard \d: the ledger is away$/);
  expect(await completeness()).toEqual([false, false, false, false]);
  isAway = false;
  expect(await relayEvents(relay, once)).toMatchObject({ failures: 0 });
  expect(await completeness()).toEqual([true, true, true, true]);
});

test('holds are given back when their time is up, without anybody asking', async () => {
  const store = storeOn(own.redis);
  const client = await openNew(store, 1_000n);
  const events = Array.from({ length: 120 }, () => hold(client, 2n));
  await Promise.all(events.map((event) => placeHold(store, event, 2_000)));
  expect(await readAccount(store, client)).toMatchObject({ heldMicros: 240n });
  await waitPast(own.redis, (await nowMsOf(own.redis)) + 2_000);
  const summary = await relayEvents(relayOn(own.redis, take), { ...once, untilEmpty: true });
  expect(summary).toMatchObject({ failures: 0, expiredHolds: 120 });
  expect(await readAccount(store, client)).toMatchObject({ heldMicros: 0n, balanceMicros: 1_000n });
  expect(eventsOf(bodies).filter(({ kind }) => kind === 'expiry')).toHaveLength(120);
  expect(await relayEvents(relayOn(own.redis, take), once)).toMatchObject({ expiredHolds: 0 });
});
