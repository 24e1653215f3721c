import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Command, Redis } from 'ioredis';
import { ulid } from 'ulid';
import { startValkey, type Valkey } from '#shared/testing/valkey.ts';
import { type AccountStore, isComplete, openAccount, readAccount } from '../account-store.ts';
import { type BalanceChange, changeBalance, reverse } from '../balance-store.ts';
import { captureHold, extendHold, placeHold, releaseHold } from '../hold-store.ts';
import { relayEvents } from '../relay/relay-events.ts';
import { MemoryLedger } from '../testing/memory-ledger.ts';
import { lineOf, runBeside } from '../testing/model-run.ts';
import { relayOn } from '../testing/relay.ts';
import {
  capture,
  charge,
  connectTo,
  contentsOf,
  extension,
  HOUR_MS,
  hold,
  nowMsOf,
  opening,
  openNew,
  release,
  reversal,
  storeOn,
  topUp,
  waitPast,
} from '../testing/store.ts';
import { type Rebuild, rebuildBalances } from './rebuild-balances.ts';

let valkey: Valkey;
let redis: Redis;
let store: AccountStore;
let ledger: MemoryLedger;

beforeAll(async () => {
  valkey = await startValkey();
  redis = connectTo(valkey.url);
  store = storeOn(redis, { shards: 1 });
});
afterAll(async () => {
  redis.disconnect();
  await valkey.stop();
});
beforeEach(async () => {
  await redis.flushall();
  ledger = new MemoryLedger();
});

const NOTHING_QUEUED = { queuedBatches: 0, deadLetters: 0 };

function rebuildOn(accounts: AccountStore, queued = NOTHING_QUEUED): Rebuild {
  return {
    accounts,
    readLedger: (shard) => ledger.read(shard),
    countQueued: async () => queued,
    nowMs: Date.now,
  };
}

function rebuild(takesLedgerAsWhole = false) {
  return rebuildBalances(rebuildOn(store), 0, { takesLedgerAsWhole });
}

function drain() {
  const relay = relayOn(redis, ledger.take, { shards: 1, isInLedger: ledger.has });
  return relayEvents(relay, { hasTime: () => true, untilEmpty: true });
}

/** The store loses everything, after it has reached the ledger. */
async function lose() {
  await drain();
  const before = await snapshot();
  await redis.flushall();
  return before;
}

const NOT_RESTORED = /:(outbox|sealed|awaited|scratch|complete|restoring)/;

/** What a rebuild must bring back to the byte. */
async function snapshot() {
  const contents = Object.entries(await contentsOf(redis));
  return Object.fromEntries(contents.filter(([key]) => !NOT_RESTORED.test(key)));
}

/** Accounts with a hold, some charges and a reversal each. */
async function use(accounts: number) {
  const clients: string[] = [];
  for (let index = 0; index < accounts; index++) {
    const client = await openNew(store, 1_000n);
    const event = charge(client, 100n);
    await changeBalance(store, { event });
    await changeBalance(store, { event: topUp(client, 7n) });
    await placeHold(store, hold(client, 50n, 'h'), HOUR_MS);
    await take(capture(client, 'h', 20n))();
    await reverse(store, reversal(event, 30n));
    clients.push(client);
  }
  return clients as [string, ...string[]];
}

const USED = { balanceMicros: 917n, heldMicros: 30n };

describe('a store that was lost', () => {
  test.each([1, 2, 3])(
    'is as it was, to the byte, after random changes (seed %i)',
    async (seed) => {
      await runBeside(redis, seed, 3_000);
      const before = await lose();
      const answer = await rebuild();
      expect(answer).toMatchObject({ outcome: 'rebuilt', differing: 0 });
      expect(await snapshot()).toEqual(before);
      expect(await rebuild()).toMatchObject({ outcome: 'compared', differing: 0 });
    },
    30_000,
  );

  test('counts what it restored', async () => {
    await use(3);
    await lose();
    expect(await rebuild()).toEqual({
      shard: 0,
      shards: 1,
      outcome: 'rebuilt',
      ledger: { events: 18, accounts: 3, holds: 3 },
      restored: { accounts: 3, holds: 3, receipts: 15 },
      onTheirWay: { outboxEntries: 0, ...NOTHING_QUEUED },
      differing: 0,
      differences: [],
    });
  });

  test.each<[string, () => string]>([
    ['a ULID', () => ulid()],
    ['any text', () => `order ${Math.random()}`],
  ])('answers every id again as it did the first time (%s)', async (_name, newId) => {
    const client = await openNew(store, 1_000n);
    const [first, second] = [charge(client, 10n, newId()), charge(client, 5n, newId())];
    const adjustment = { ...topUp(client, -2n, newId()), kind: 'adjustment' as const };
    const captures = [3n, 4n, 500n].map((amount) => capture(client, 'part', amount, newId()));
    const [partial, again, rest] = captures as [Capture, Capture, Capture];
    const [greedy, modest] = [charge(client, 9_999n, newId()), charge(client, 1n, newId())];
    const requests = [
      ...[first, second, topUp(client, 8n, newId()), adjustment].map((event) => change(event)),
      ...['part', 'whole', 'released'].map((id) => {
        const event = hold(client, 40n, id);
        return () => placeHold(store, event, HOUR_MS);
      }),
      take(partial),
      onHold(extension(client, 'part', newId()), (event) => extendHold(store, event, 2 * HOUR_MS)),
      take(again),
      take(rest, { isUpTo: true, isFinal: false }),
      take(capture(client, 'whole', 9n, newId()), { isUpTo: false, isFinal: true }),
      onHold(release(client, 'released', newId()), (event) => releaseHold(store, event)),
      ...[reversal(first, 4n, newId()), reversal(first, undefined, newId())].map(giveBack),
      giveBack(reversal(partial, 1n, newId())),
      change(modest, true),
      change(greedy, true),
    ];
    const answers: string[] = [];
    for (const request of requests) answers.push(lineOf(await request()));
    for (const answer of answers) expect(answer).toMatch(/^done /);
    await lose();
    await rebuild();
    for (const [index, request] of requests.entries()) {
      expect(lineOf(await request())).toBe(answers[index]?.replace('done', 'repeated'));
    }
    const other = { ...first, fingerprint: 'otherwise-1' };
    expect(await changeBalance(store, { event: other })).toMatchObject({
      type: 'reused',
      firstFingerprint: first.fingerprint,
    });
  });

  test('refuses nothing untruthfully before, and goes on after', async () => {
    const [client] = await use(1);
    await lose();
    const event = charge(client, 10n);
    expect(await changeBalance(store, { event })).toEqual({ type: 'incomplete' });
    expect(await openAccount(store, opening(client))).toEqual({ type: 'incomplete' });
    await rebuild();
    expect(await changeBalance(store, { event })).toMatchObject({
      type: 'done',
      balanceMicros: USED.balanceMicros - 10n,
    });
    expect(await openAccount(store, opening(client))).toMatchObject({ type: 'differs' });
    expect(await changeBalance(store, { event: charge('stranger', 1n) })).toEqual({
      type: 'unknown_account',
    });
    const over = await reverse(store, reversal(charge(client, 100n, 'no such'), 101n));
    expect(over).toMatchObject({ type: 'over_reversed' });
    await drain();
    expect(await rebuild()).toMatchObject({ outcome: 'compared', differing: 0 });
  });

  test('has again what was given back of a charge, and gives back no more', async () => {
    const client = await openNew(store, 1_000n);
    const event = charge(client, 100n);
    await changeBalance(store, { event });
    await reverse(store, reversal(event, 60n));
    await lose();
    await rebuild();
    expect(await reverse(store, reversal(event, 41n))).toEqual({ type: 'over_reversed' });
    expect(await reverse(store, reversal(event))).toMatchObject({ values: ['40', '100'] });
  });

  test('has a hold whose time is up, and the relay gives it back', async () => {
    const client = await openNew(store, 1_000n);
    await placeHold(store, hold(client, 50n), HOUR_MS);
    await lose();
    const longAgo = async function* (shard: number) {
      for await (const events of ledger.read(shard)) {
        yield events.map((event) =>
          'expiresAtMs' in event ? { ...event, expiresAtMs: 1 } : event,
        );
      }
    };
    await rebuildBalances({ ...rebuildOn(store), readLedger: longAgo }, 0, EXACT);
    expect(await readAccount(store, client)).toMatchObject({ heldMicros: 50n });
    expect(await drain()).toMatchObject({ expiredHolds: 1 });
    expect(await readAccount(store, client)).toMatchObject({
      balanceMicros: 1_000n,
      heldMicros: 0n,
    });
    expect(await rebuild()).toMatchObject({ outcome: 'compared', differing: 0 });
  });

  test('does not have receipts that have expired', async () => {
    await use(1);
    await lose();
    const later = { ...rebuildOn(store), nowMs: () => Date.now() + 40 * HOUR_MS };
    expect(await rebuildBalances(later, 0, { takesLedgerAsWhole: false })).toMatchObject({
      restored: { accounts: 1, receipts: 0 },
    });
  });

  test('is rebuilt also where batches have ids in another order', async () => {
    const client = await openNew(store, 1_000n);
    for (let index = 0; index < 20; index++) {
      await waitPast(redis, await nowMsOf(redis));
      await changeBalance(store, { event: charge(client, 1n) });
    }
    const before = await lose();
    ledger.swap(0, 0, 1);
    ledger.swap(0, 3, 6);
    expect(await rebuild()).toMatchObject({ outcome: 'rebuilt', restored: { accounts: 1 } });
    expect(await snapshot()).toEqual(before);
  });
});

/** A connection that breaks after so many commands that write. */
function mortal(writes: number) {
  const client = connectTo(valkey.url);
  const send = client.sendCommand.bind(client);
  let left = writes;
  client.sendCommand = (command: Command, stream) => {
    if (!['evalsha', 'set'].includes(command.name)) return send(command, stream);
    return left-- > 0 ? send(command, stream) : Promise.reject(new Error('killed'));
  };
  return client;
}

describe('a rebuild', () => {
  test('killed between any two steps and begun anew leaves the same', async () => {
    await use(3);
    const before = await lose();
    let killed = 0;
    for (let outcome = ''; outcome !== 'rebuilt'; killed++) {
      await redis.flushall();
      const client = mortal(killed);
      outcome = await rebuildBalances(rebuildOn({ ...store, redis: client }), 0, EXACT).then(
        (answer) => answer.outcome,
        (error) => error.code,
      );
      client.disconnect();
      expect(await isComplete(store, 0)).toBe(outcome === 'rebuilt');
      expect(await rebuild()).toMatchObject({ differing: 0 });
      expect(await snapshot()).toEqual(before);
    }
    // Begin, receipts, accounts, end.
    expect(killed).toBe(5);
  });

  test('twice at once leaves the same', async () => {
    await use(3);
    const before = await lose();
    const connections = [connectTo(valkey.url), connectTo(valkey.url)];
    const answers = await Promise.all(
      connections.map((each) => rebuildBalances(rebuildOn({ ...store, redis: each }), 0, EXACT)),
    );
    expect(answers.map(({ outcome }) => outcome)).toContain('rebuilt');
    expect(await snapshot()).toEqual(before);
    for (const each of connections) each.disconnect();
  });

  test('leaves alone what has been charged since', async () => {
    const [first, second] = (await use(2)) as [string, string];
    await lose();
    ledger.forget = (client) => client === second;
    await rebuild();
    await redis.del('{s000}:complete');
    await changeBalance(store, { event: charge(first, 17n) });
    ledger.forget = () => false;
    expect(await rebuild()).toMatchObject({
      outcome: 'rebuilt',
      restored: { accounts: 1, holds: 1 },
    });
    expect(await readAccount(store, first)).toMatchObject({
      ...USED,
      balanceMicros: USED.balanceMicros - 17n,
    });
    expect(await readAccount(store, second)).toMatchObject(USED);
  });

  test('ends where the store is lost once more, and does not say that all is there', async () => {
    await use(3);
    await lose();
    for (const step of ['receipts', 'accounts', 'end']) {
      await redis.flushall();
      const client = connectTo(valkey.url);
      let calls = 0;
      const send = client.sendCommand.bind(client);
      client.sendCommand = (command: Command, stream) => {
        if (command.name !== 'evalsha') return send(command, stream);
        if (['receipts', 'accounts', 'end'][calls++] !== step) return send(command, stream);
        return redis.flushall().then(() => send(command, stream));
      };
      await expect(
        rebuildBalances(rebuildOn({ ...store, redis: client }), 0, EXACT),
      ).rejects.toMatchObject({ code: 'unavailable' });
      client.disconnect();
      expect(await contentsOf(redis)).toEqual({});
    }
    expect(await rebuild()).toMatchObject({ outcome: 'rebuilt' });
  });

  test('waits for events on their way, and for dead letters', async () => {
    await use(1);
    await lose();
    for (const queued of [
      { queuedBatches: 1, deadLetters: 0 },
      { queuedBatches: 0, deadLetters: 1 },
    ]) {
      await expect(rebuildBalances(rebuildOn(store, queued), 0, EXACT)).rejects.toMatchObject({
        code: 'events_on_their_way',
        extras: { data: queued },
      });
      expect(await contentsOf(redis)).toEqual({});
    }
    const queued = { queuedBatches: 3, deadLetters: 1 };
    const whole = { takesLedgerAsWhole: true };
    expect(await rebuildBalances(rebuildOn(store, queued), 0, whole)).toMatchObject({
      outcome: 'rebuilt',
      onTheirWay: queued,
    });
  });
});

describe('where the ledger misses events', () => {
  test('their account waits for them, the others do not', async () => {
    const [first, second] = (await use(2)) as [string, string];
    await changeBalance(store, { event: charge(first, 17n) });
    await lose();
    const bringBack = ledger.lose(0, 1);
    const answer = await rebuild();
    expect(answer).toMatchObject({
      outcome: 'incomplete',
      restored: { accounts: 1 },
      differing: 1,
      differences: [{ client: first, problem: 'events_missing' }],
    });
    expect(await isComplete(store, 0)).toBe(false);
    expect(await changeBalance(store, { event: charge(first, 1n) })).toEqual({
      type: 'incomplete',
    });
    expect(await changeBalance(store, { event: charge(second, 1n) })).toMatchObject({
      type: 'done',
    });
    bringBack();
    expect(await rebuild()).toMatchObject({ outcome: 'rebuilt', restored: { accounts: 1 } });
    expect(await readAccount(store, first)).toMatchObject({ ...USED, balanceMicros: 900n });
  });

  test('it can be taken as whole', async () => {
    const [first] = await use(1);
    await changeBalance(store, { event: charge(first, 17n) });
    await lose();
    ledger.lose(0, 1);
    expect(await rebuild(true)).toMatchObject({ outcome: 'rebuilt', restored: { accounts: 1 } });
    expect(await isComplete(store, 0)).toBe(true);
    expect(await readAccount(store, first)).toMatchObject({ balanceMicros: 900n });
  });
});

describe('a store that is there', () => {
  test('is compared, and nothing is written', async () => {
    const clients = await use(5);
    await drain();
    await redis.hincrby(`{s000}:account:${clients[0]}`, 'balance', -1);
    await redis.del(`{s000}:account:${clients[1]}`);
    await redis.hset(`{s000}:holds:${clients[2]}`, 'h', '30 99');
    await redis.hset(`{s000}:account:${clients[3]}`, 'limit', 5);
    const before = await contentsOf(redis);
    const answer = await rebuild();
    expect(answer).toMatchObject({
      outcome: 'compared',
      ledger: { accounts: 5, holds: 5, events: 30 },
      restored: { accounts: 0, holds: 0, receipts: 0 },
      differing: 4,
    });
    const account = {
      ...{ currency: 'USD', balance: '0.000917', held: '0.00003', creditLimit: '0.00' },
      ...{ status: 'open', holds: 1 },
    };
    expect(answer.differences).toMatchObject([
      { client: clients[0], problem: 'account_differs', store: { balance: '0.000916' } },
      { client: clients[1], problem: 'not_in_store', ledger: account },
      { client: clients[2], problem: 'holds_differ', ledger: account, store: account },
      { client: clients[3], problem: 'account_differs', store: { creditLimit: '0.000005' } },
    ]);
    expect(await contentsOf(redis)).toEqual(before);
  });

  test('shows what has not reached the ledger', async () => {
    const [first] = await use(1);
    await drain();
    await changeBalance(store, { event: charge(first, 1n) });
    expect(await rebuild()).toMatchObject({
      onTheirWay: { outboxEntries: 1 },
      differences: [{ client: first, problem: 'account_differs' }],
    });
  });

  test('shows the first of many', async () => {
    const clients = await use(25);
    await drain();
    await Promise.all(clients.map((client) => redis.del(`{s000}:account:${client}`)));
    const { differing, differences } = await rebuild();
    expect([differing, differences.length]).toEqual([25, 20]);
  });
});

const EXACT = { takesLedgerAsWhole: false };

type Capture = ReturnType<typeof capture>;

function change(event: BalanceChange['event'], isUpTo = false) {
  return () => changeBalance(store, { event, isUpTo });
}

function take(event: Capture, options = { isUpTo: false, isFinal: false }) {
  return () => captureHold(store, event, options);
}

function giveBack(what: ReturnType<typeof reversal>) {
  return () => reverse(store, what);
}

function onHold<Event, Result>(event: Event, work: (event: Event) => Promise<Result>) {
  return () => work(event);
}
