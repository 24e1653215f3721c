import { describe, expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import { ulid } from 'ulid';
import { shardOf } from '#shared/domain/shard.ts';
import { startValkey } from '#shared/testing/valkey.ts';
import { waitUntil } from '#shared/testing/wait-until.ts';
import { readAccount, shardTag } from './account-store.ts';
import { type BalanceChange, changeBalance } from './balance-store.ts';
import { useOwnStore } from './testing/own-store.ts';
import {
  charge,
  complete,
  connectTo,
  HOUR_MS,
  newClient,
  nowMsOf,
  openNew,
  storeOn,
  topUp,
  uuidV7,
} from './testing/store.ts';

const INT64_MAX = 2n ** 63n - 1n;

const own = useOwnStore();

/** Sends a change whose request is its event. */
const send = (event: BalanceChange['event'], on = own.store) => changeBalance(on, { event });

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
    const client = await openNew(own.store, 100n);
    const event = make(client);
    const outcome = await send(event);
    expect(outcome).toEqual({
      type: 'done',
      balanceMicros,
      recordedAtMs: expect.any(Number),
      values: [],
    });
    expect((await readAccount(own.store, client))?.balanceMicros).toBe(balanceMicros);
    const events = await own.eventsOf(client);
    expect(events.slice(1)).toEqual([
      { ...event, balanceMicros, recordedAtMs: (outcome as { recordedAtMs: number }).recordedAtMs },
    ]);
  });

  test('takes its time from the clock of Redis', async () => {
    const client = await openNew(own.store, 1n);
    const startedMs = await nowMsOf(own.redis);
    const outcome = await send(charge(client, 1n));
    const { recordedAtMs } = outcome as { recordedAtMs: number };
    const passedMs = recordedAtMs - startedMs;
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
    // Also the shard of a client that nobody has opened.
    await complete(own.store);
    const client = await openNew(own.store, 100n);
    expect(await own.changesNothing(() => send(make(client)))).toEqual({ type });
  });

  test('that was refused is decided afresh', async () => {
    const client = await openNew(own.store, 1n);
    const event = charge(client, 5n);
    expect((await send(event)).type).toBe('insufficient_balance');
    await send(topUp(client, 5n));
    expect(await send(event)).toMatchObject({ type: 'done', balanceMicros: 1n });
  });

  test('fails, and is not refused, where Redis cannot write', async () => {
    const client = await openNew(own.store, 100n);
    const replica = await startValkey('--replicaof', '127.0.0.1', String(own.valkey.port));
    const other = connectTo(replica.url);
    try {
      await waitUntil(
        async () =>
          (await other.exists(
            `${shardTag(shardOf(client, own.store.shards))}:account:${client}`,
          )) === 1,
      );
      const failure = await send(charge(client, 1n), storeOn(other)).catch(
        (error: unknown) => error,
      );
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

describe('amounts beyond 2^53', () => {
  test('stay exact to the micro-unit', async () => {
    const start = INT64_MAX - 12_345n;
    const client = await openNew(own.store, start);
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
    expect((await readAccount(own.store, client))?.balanceMicros).toBe(balanceMicros);
    const last = (await own.eventsOf(client)).at(-1);
    expect(last).toMatchObject({ balanceMicros, amountMicros: 3n });
  });

  test('are put back exactly after a refusal', async () => {
    const start = 2n ** 53n + 1n;
    const client = await openNew(own.store, start);
    const refused = () => send(charge(client, start + 2n ** 60n + 1n));
    expect(await own.changesNothing(refused)).toEqual({ type: 'insufficient_balance' });
  });

  test('are refused where they do not fit', async () => {
    const client = await openNew(own.store, INT64_MAX - 1n);
    expect(await own.changesNothing(() => send(topUp(client, 2n)))).toEqual({
      type: 'balance_out_of_range',
    });
    expect(await send(topUp(client, 1n))).toMatchObject({ type: 'done', balanceMicros: INT64_MAX });
  });
});

test('64 charges at once on too little money: as many as it covers, and not one more', async () => {
  const clients = Array.from({ length: 4 }, () => connectTo(own.valkey.url));
  const client = await openNew(own.store, 1_000n);
  const outcomes = await Promise.all(
    Array.from({ length: 64 }, (_, index) =>
      send(charge(client, 30n), storeOn(clients[index % 4] as Redis)),
    ),
  );
  const counts = Map.groupBy(outcomes, ({ type }) => type);
  expect(counts.get('done')).toHaveLength(33);
  expect(counts.get('insufficient_balance')).toHaveLength(31);
  expect((await readAccount(own.store, client))?.balanceMicros).toBe(10n);
  for (const other of clients) other.disconnect();
});
