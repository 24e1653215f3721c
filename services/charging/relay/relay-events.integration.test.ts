import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Command, Redis } from 'ioredis';
import { SealedBatch } from '#shared/contracts/sealed-batch.ts';
import { shardOf } from '#shared/domain/shard.ts';
import { outboxDepth } from '#shared/platform/outbox.ts';
import { startValkey } from '#shared/testing/valkey.ts';
import { waitUntil } from '#shared/testing/wait-until.ts';
import { changeBalance } from '../balance-store.ts';
import { useOwnStore } from '../testing/own-store.ts';
import { eventsOf, relayOn } from '../testing/relay.ts';
import { charge, connectTo, journalOf, openNew, storeOn } from '../testing/store.ts';
import { relayEvents } from './relay-events.ts';

const toTheEnd = { hasTime: () => true, untilEmpty: true };

const own = useOwnStore();
let bodies: string[];
const take = (body: string) => bodies.push(body);

beforeEach(async () => {
  bodies = [];
  await own.redis.flushall();
});

/** Accounts with charges; the journal that must come out at the other end. */
async function record(accounts: number, chargesEach: number, on = own.redis) {
  const store = storeOn(on);
  for (let account = 0; account < accounts; account++) {
    const client = await openNew(store, 1_000n);
    for (let index = 0; index < chargesEach; index++) {
      // One by one: charges of one turn would share an entry of the outbox, which no batch splits.
      await changeBalance(store, { event: charge(client, 1n, `${index}`) });
    }
  }
}

const sorted = <T extends { client: string; id: string }>(events: readonly T[]) =>
  events.toSorted((a, b) => (a.client + a.id).localeCompare(b.client + b.id));

/** What is in the outboxes now must all have come, once each, whatever else happened. */
async function expectAllDelivered(journal: Awaited<ReturnType<typeof journalOf>>) {
  expect(sorted(eventsOf(bodies))).toEqual(sorted(journal));
  const depths = await Promise.all([0, 1, 2, 3].map((shard) => outboxDepth(own.redis, shard)));
  expect(depths).toEqual([0, 0, 0, 0]);
}

test('hands on every event, in batches of one shard that keep the limits and the order', async () => {
  await record(8, 5);
  const journal = await journalOf(own.redis);
  const summary = await relayEvents(relayOn(own.redis, take), toTheEnd);
  await expectAllDelivered(journal);
  expect(summary).toEqual({
    batches: bodies.length,
    expiredHolds: 0,
    passes: 2,
    failures: 0,
    lostShards: 0,
  });
  const batches = bodies.map((body) => SealedBatch.parse(JSON.parse(body)));
  for (const { shard, events } of batches) {
    expect(events.length).toBeLessThanOrEqual(3);
    for (const { client } of events) expect(shardOf(client, 4)).toBe(shard);
  }
  for (const events of Map.groupBy(eventsOf(bodies), ({ client }) => client).values()) {
    const balances = events.map((event) => (event.kind === 'usage' ? 0n : event.balanceMicros));
    expect(balances).toEqual(balances.toSorted((a, b) => Number(b - a)));
  }
});

test('stops when its time is over, and leaves the rest for the next', async () => {
  await record(1, 20);
  const journal = await journalOf(own.redis);
  let looks = 0;
  await relayEvents(relayOn(own.redis, take), { hasTime: () => looks++ < 6, untilEmpty: true });
  expect(bodies.length).toBeLessThan(7);
  await relayEvents(relayOn(own.redis, take), toTheEnd);
  await expectAllDelivered(journal);
});

test('lets events gather, except when it is to empty the outbox', async () => {
  await record(1, 1);
  const limits = { maxEvents: 100, maxBytes: 240_000, bytesPerEvent: 150, lingerMs: 60_000 };
  let looks = 0;
  const waiting = await relayEvents(relayOn(own.redis, take, { limits }), {
    hasTime: () => looks++ < 16,
    untilEmpty: false,
  });
  expect(waiting.batches).toBe(0);
  expect(bodies).toHaveLength(0);
  await relayEvents(relayOn(own.redis, take, { limits }), toTheEnd);
  expect(bodies).toHaveLength(1);
});

test('a queue that fails keeps nothing back: the same batch goes with the next pass', async () => {
  await record(4, 5);
  const journal = await journalOf(own.redis);
  let sends = 0;
  const summary = await relayEvents(
    relayOn(own.redis, (body) => {
      // Every other time: after it has been taken, as with a lost answer, or before.
      sends += 1;
      if (sends % 4 === 1) take(body);
      if (sends % 2 === 1) throw new Error('the queue is away');
      take(body);
    }),
    toTheEnd,
  );
  await expectAllDelivered(journal);
  expect(summary.failures).toBeGreaterThan(0);
  expect(summary.lastFailure).toMatch(/^shard \d: the queue is away$/);
});

test('a shard that fails does not stop the others', async () => {
  await record(8, 1);
  // Names are random: each shard is to have something.
  while ((await own.redis.keys('*:outbox')).length < 4) await record(1, 1);
  const journal = await journalOf(own.redis);
  await own.redis.rename('{s001}:outbox', '{s001}:aside');
  await own.redis.set('{s001}:outbox', 'not a stream');
  let passes = 0;
  const summary = await relayEvents(relayOn(own.redis, take, { shards: 4, concurrency: 1 }), {
    hasTime: () => passes++ < 40,
    untilEmpty: true,
  });
  expect(summary.failures).toBeGreaterThan(0);
  expect(summary.lastFailure).toMatch(/^shard 1: /);
  expect(new Set(eventsOf(bodies).map(({ client }) => shardOf(client, 4))).has(1)).toBe(false);
  await own.redis.rename('{s001}:aside', '{s001}:outbox');
  await relayEvents(relayOn(own.redis, take), toTheEnd);
  await expectAllDelivered(journal);
});

test('two relays at once lose and double nothing', async () => {
  const relays = [connectTo(own.valkey.url), connectTo(own.valkey.url)];
  await record(8, 20);
  const journal = await journalOf(own.redis);
  await Promise.all(relays.map((each) => relayEvents(relayOn(each, take), toTheEnd)));
  await expectAllDelivered(journal);
  for (const each of relays) each.disconnect();
});

/**
 * A relay that stops for ever at one moment. Each step (seal, send, discard) has two: before it, and after it has
 * taken effect but before the relay knows.
 */
async function startMortal(moment: number) {
  const client = connectTo(own.valkey.url);
  await client.ping();
  const died = Promise.withResolvers<'died'>();
  let moments = 0;
  const pass = async () => {
    if (moments++ !== moment) return;
    died.resolve('died');
    await new Promise(() => {});
  };
  const step = async <T>(work: () => T | Promise<T>): Promise<T> => {
    await pass();
    const result = await work();
    await pass();
    return result;
  };
  const send = client.sendCommand.bind(client);
  client.sendCommand = (command: Command, stream) =>
    ['evalsha', 'hdel'].includes(command.name)
      ? step(() => send(command, stream))
      : send(command, stream);
  const relay = relayOn(client, (body) => step(() => take(body)), { shards: 1, concurrency: 1 });
  const finished = relayEvents(relay, toTheEnd).then(() => 'finished' as const);
  return { end: Promise.race([died.promise, finished]), disconnect: () => client.disconnect() };
}

test('killed between any two steps, it loses and doubles nothing', async () => {
  const store = storeOn(own.redis, { shards: 1 });
  const ends: string[] = [];
  for (let moment = 0; ends.at(-1) !== 'finished'; moment++) {
    bodies = [];
    await own.redis.flushall();
    const client = await openNew(store, 1_000n);
    for (let index = 0; index < 6; index++) {
      const event = charge(client, 1n, `${index}`);
      await changeBalance(store, { event });
    }
    const journal = await journalOf(own.redis);
    const mortal = await startMortal(moment);
    ends.push(await mortal.end);
    mortal.disconnect();
    // What comes after the death must not end up in the batch that waits.
    const late = charge(client, 1n, 'late');
    await changeBalance(store, { event: late });
    const [lateEvent] = (await journalOf(own.redis)).slice(-1);
    await relayEvents(relayOn(own.redis, take, { shards: 1 }), toTheEnd);
    await expectAllDelivered([...journal, lateEvent as (typeof journal)[number]]);
  }
  // 7 events in batches of 3: three times seal, send, discard; in each of two passes a look for holds that are due and a
  // seal that finds nothing.
  expect(ends.length).toBe(2 * (3 * 3 + 2 * 2) + 1);
});

describe('replicas', () => {
  test('none where one is needed: nothing is sent, and all goes once none is needed', async () => {
    await record(1, 2);
    const journal = await journalOf(own.redis);
    let looks = 0;
    const waiting = await relayEvents(relayOn(own.redis, take, { replicas: 1, concurrency: 1 }), {
      hasTime: () => looks++ < 10,
      untilEmpty: true,
    });
    expect(waiting).toMatchObject({ batches: 0, failures: 1 });
    expect(waiting.lastFailure).toContain('only 0 of 1 replicas');
    expect(bodies).toHaveLength(0);
    await relayEvents(relayOn(own.redis, take), toTheEnd);
    await expectAllDelivered(journal);
  });

  test('one where one is needed: goes through', async () => {
    const replica = await startValkey('--replicaof', '127.0.0.1', String(own.valkey.port));
    await waitUntil(async () => (await own.redis.info('replication')).includes('state=online'));
    await record(4, 5);
    const journal = await journalOf(own.redis);
    // A pass may fail where the machine is too busy for the replica; the next one goes on.
    await relayEvents(relayOn(own.redis, take, { replicas: 1 }), toTheEnd);
    await expectAllDelivered(journal);
    await replica.stop();
  }, 20_000);
});

test('in cluster mode, with a replica, accounts and relay work the same', async () => {
  const nodes = await Promise.all([1, 2].map(() => startValkey('--cluster-enabled', 'yes')));
  const [primary, replica] = nodes.map(({ url }) => connectTo(url)) as [Redis, Redis];
  await primary.call('CLUSTER', 'ADDSLOTSRANGE', 0, 16_383);
  const primaryId = (await primary.call('CLUSTER', 'MYID')) as string;
  await replica.call('CLUSTER', 'MEET', '127.0.0.1', nodes[0]?.port as number);
  await waitUntil(() =>
    replica.call('CLUSTER', 'REPLICATE', primaryId).then(
      () => true,
      () => false,
    ),
  );
  await waitUntil(async () => (await primary.info('replication')).includes('state=online'));
  await waitUntil(async () =>
    String(await primary.call('CLUSTER', 'INFO')).includes('cluster_state:ok'),
  );

  const cluster = connectTo(nodes[0]?.url as string, true);
  await record(6, 5, cluster);
  const journal = await journalOf(primary);
  expect(journal).toHaveLength(36);
  await relayEvents(relayOn(cluster, take, { replicas: 1 }), toTheEnd);
  await expectAllDelivered(journal);

  cluster.disconnect();
  for (const client of [primary, replica]) client.disconnect();
  await Promise.all(nodes.map((node) => node.stop()));
}, 20_000);
