import { beforeEach, describe, expect, test } from '@jest/globals';
import { shardOf } from '#shared/domain/shard.ts';
import { MAX_ENTRY_BYTES, outboxKey } from '#shared/platform/outbox.ts';
import { readAccount } from './account-store.ts';
import { type BalanceChange, changeBalance, changeBalances } from './balance-store.ts';
import { placeHold } from './hold-store.ts';
import { useOwnStore } from './testing/own-store.ts';
import {
  charge,
  complete,
  connectTo,
  contentsOf,
  HOUR_MS,
  hold,
  journalOf,
  newClient,
  openNew,
  storeOn,
  topUp,
} from './testing/store.ts';

const own = useOwnStore();

beforeEach(async () => {
  await own.redis.flushall();
  await complete(own.store);
});

/** How many script calls it takes. */
async function scriptCallsOf(work: () => Promise<unknown>): Promise<number> {
  await own.redis.config('RESETSTAT');
  await work();
  const stats = await own.redis.info('commandstats');
  return [...stats.matchAll(/^cmdstat_(?:eval|evalsha):calls=(\d+)/gm)]
    .map(([, calls]) => Number(calls))
    .reduce((sum, calls) => sum + calls, 0);
}

/** A client in each shard, with an account. */
async function openInEachShard(balanceMicros: bigint): Promise<string[]> {
  const clients: (string | undefined)[] = [undefined, undefined, undefined, undefined];
  while (clients.includes(undefined)) {
    const client = newClient();
    clients[shardOf(client, 4)] ??= client;
  }
  await Promise.all(
    (clients as string[]).map((client) => openNew(own.store, balanceMicros, client)),
  );
  // From here on the script is known.
  await changeBalance(own.store, { event: charge(newClient(), 1n) });
  return clients as string[];
}

const charges = (client: string, count: number): BalanceChange[] =>
  Array.from({ length: count }, (_, index) => ({ event: charge(client, 1n, `c-${index}`) }));

describe('changes asked for in one turn', () => {
  test('travel in one script call for each shard', async () => {
    const clients = await openInEachShard(1_000n);
    const calls = await scriptCallsOf(() =>
      Promise.all(
        clients.flatMap((client) =>
          charges(client, 50).map((change) => changeBalance(own.store, change)),
        ),
      ),
    );
    expect(calls).toBe(4);
    for (const client of clients) {
      expect((await readAccount(own.store, client))?.balanceMicros).toBe(950n);
    }
  });

  test('asked for one after the other take one each', async () => {
    const [client] = (await openInEachShard(1_000n)) as [string];
    const calls = await scriptCallsOf(async () => {
      for (const change of charges(client, 5)) await changeBalance(own.store, change);
    });
    expect(calls).toBe(5);
  });

  test('keep the order of each account, in their answers and in the journal', async () => {
    const clients = await openInEachShard(10n);
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, (_, index) => {
        const client = clients[index % 2] as string;
        const change =
          index % 6 < 4 ? charge(client, 4n, `${index}`) : topUp(client, 3n, `${index}`);
        return changeBalance(own.store, { event: change });
      }),
    );
    for (const parity of [0, 1]) {
      let balance = 10n;
      const expected = outcomes.map((_, index) => {
        if (index % 2 !== parity) return undefined;
        const change = index % 6 < 4 ? -4n : 3n;
        if (balance + change < 0n) return { type: 'insufficient_balance' };
        balance += change;
        return { type: 'done', balanceMicros: balance };
      });
      for (const [index, outcome] of outcomes.entries()) {
        const line = expected[index];
        if (line) expect(outcome).toMatchObject(line);
      }
      const events = await own.eventsOf(clients[parity] as string);
      const done = expected.flatMap((line) => (line?.balanceMicros === undefined ? [] : [line]));
      expect(events.slice(1)).toEqual(
        done.map(({ balanceMicros }) => expect.objectContaining({ balanceMicros })),
      );
    }
  });

  test('are each refused by themselves', async () => {
    const [client] = (await openInEachShard(5n)) as [string];
    const ids = ['a', 'b', 'a', 'c', 'b'];
    const outcomes = await Promise.all(
      ids.map((id, index) =>
        changeBalance(own.store, { event: charge(client, index === 1 ? 9n : 3n, id) }),
      ),
    );
    expect(outcomes.map(({ type }) => type)).toEqual([
      'done',
      'insufficient_balance',
      'repeated',
      'insufficient_balance',
      'insufficient_balance',
    ]);
    expect(await own.eventsOf(client)).toHaveLength(2);
  });

  test('fail together where the store does not answer, and are told what was done when they come again', async () => {
    const [client] = (await openInEachShard(1_000n)) as [string];
    const impatient = connectTo(own.valkey.url, false, 300);
    await impatient.ping();
    own.valkey.freeze();
    const store = storeOn(impatient);
    const sent = charges(client, 3).map((change) => changeBalance(store, change));
    const failures = await Promise.all(sent.map((each) => each.catch((error: unknown) => error)));
    own.valkey.thaw();
    impatient.disconnect();
    for (const failure of failures) expect(failure).toMatchObject({ code: 'unavailable' });
    await Promise.all(charges(client, 3).map((change) => changeBalance(own.store, change)));
    expect((await readAccount(own.store, client))?.balanceMicros).toBe(997n);
    expect(await own.eventsOf(client)).toHaveLength(4);
  });
});

describe('a batch of 1,000', () => {
  test('in one shard is one script call, and its outbox entries fit into batches', async () => {
    const [client] = (await openInEachShard(600n)) as [string];
    const changes = Array.from({ length: 1_000 }, (_, index) => {
      const event = charge(client, 1n, String(index).padStart(128, '\\'));
      return { event: { ...event, meter: 'm'.repeat(64) } };
    });
    let types: string[] = [];
    const calls = await scriptCallsOf(async () => {
      types = (await changeBalances(own.store, changes)).map((outcome) =>
        'type' in outcome ? outcome.type : outcome.code,
      );
    });
    expect(calls).toBe(1);
    expect(types).toEqual([...Array(600).fill('done'), ...Array(400).fill('insufficient_balance')]);
    expect((await own.eventsOf(client)).map(({ id }) => id)).toEqual([
      'opening',
      ...changes.slice(0, 600).map(({ event }) => event.id),
    ]);

    const entries = await own.redis.xrange(outboxKey(shardOf(client, 4)), '-', '+');
    const [, ...ofBatch] = entries.map(([, [, count, , text = '']]) => ({ count, text }));
    // 1,000 events of more than 400 bytes.
    expect(ofBatch.length).toBeGreaterThan(3);
    for (const { text } of ofBatch) expect(Buffer.byteLength(text)).toBeLessThan(MAX_ENTRY_BYTES);
    expect(ofBatch.map(({ count }) => Number(count)).reduce((sum, count) => sum + count)).toBe(600);
  });

  test('over all shards is one script call for each, answered in its order', async () => {
    const clients = await openInEachShard(1_000n);
    const changes = Array.from({ length: 1_000 }, (_, index) => ({
      event: charge(clients[index % 4] as string, 1n, `${index}`),
    }));
    const outcomes: unknown[] = [];
    const calls = await scriptCallsOf(async () => {
      outcomes.push(...(await changeBalances(own.store, changes)));
    });
    expect(calls).toBe(4);
    expect(outcomes).toEqual(
      changes.map((_, index) =>
        expect.objectContaining({
          type: 'done',
          balanceMicros: 1_000n - BigInt(Math.floor(index / 4)) - 1n,
        }),
      ),
    );
  });

  test('with nothing authorized writes no entry', async () => {
    const [client] = (await openInEachShard(0n)) as [string];
    await own.changesNothing(() => changeBalances(own.store, charges(client, 1_000)));
  });
});

describe('a full store', () => {
  /** Runs while the store refuses whatever needs memory. */
  async function whileFull<T>(work: () => Promise<T>): Promise<T> {
    await own.redis.config('SET', 'maxmemory', '1');
    try {
      return await work();
    } finally {
      await own.redis.config('SET', 'maxmemory', '0');
    }
  }
  const refused = { code: 'unavailable', cause: { message: expect.stringContaining('OOM') } };

  test.each<[string, (client: string) => Promise<unknown>]>([
    ['a charge', (client) => changeBalance(own.store, { event: charge(client, 1n) })],
    [
      'a charge of amounts beyond 2^53',
      (client) => changeBalance(own.store, { event: charge(client, 2n ** 54n) }),
    ],
    ['a hold', (client) => placeHold(own.store, hold(client, 1n), HOUR_MS)],
  ])('refuses %s with nothing changed', async (_name, work) => {
    const client = await openNew(own.store, 2n ** 60n);
    const before = await contentsOf(own.redis);
    await expect(whileFull(() => work(client))).rejects.toMatchObject(refused);
    expect(await contentsOf(own.redis)).toEqual(before);
  });

  test('refuses a batch as a whole, and it takes effect once there is room', async () => {
    const clients = await openInEachShard(1_000n);
    await placeHold(own.store, hold(clients[0] as string, 1n), HOUR_MS);
    const changes = clients.flatMap((client) => charges(client, 100));
    const before = await contentsOf(own.redis);
    const outcomes = await whileFull(() => changeBalances(own.store, changes));
    expect(outcomes).toHaveLength(400);
    for (const outcome of outcomes) expect(outcome).toMatchObject(refused);
    expect(await contentsOf(own.redis)).toEqual(before);
    const again = await changeBalances(own.store, changes);
    expect(again).toEqual(Array(400).fill(expect.objectContaining({ type: 'done' })));
  });

  test('that fills up in the middle of a batch: all of it takes effect or nothing', async () => {
    const [client] = (await openInEachShard(1_000_000n)) as [string];
    const used = Number(/used_memory:(\d+)/.exec(await own.redis.info('memory'))?.[1]);
    // Room for some batches only: the last one that fits goes beyond it while its script runs.
    await own.redis.config('SET', 'maxmemory', String(used + 1_500_000));
    const types: (string | undefined)[] = [];
    try {
      for (let batch = 0; batch < 40; batch++) {
        const changes = Array.from({ length: 500 }, (_, index) => ({
          event: charge(client, 1n, `${batch}-${index}`),
        }));
        const outcomes = await changeBalances(own.store, changes);
        const found = outcomes.map((outcome) => ('type' in outcome ? outcome.type : outcome.code));
        expect(new Set(found).size).toBe(1);
        types.push(found[0]);
      }
    } finally {
      await own.redis.config('SET', 'maxmemory', '0');
    }
    const done = types.filter((type) => type === 'done').length;
    expect(done).toBeGreaterThan(0);
    expect(types).toEqual([...Array(done).fill('done'), ...Array(40 - done).fill('unavailable')]);
    expect((await readAccount(own.store, client))?.balanceMicros).toBe(
      1_000_000n - BigInt(500 * done),
    );
    expect(await journalOf(own.redis)).toHaveLength(4 + 500 * done);
  });
});
