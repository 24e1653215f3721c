import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import { ulid } from 'ulid';
import { readLocalEnvironment } from '#localstack/environment.ts';
import { connectCloud, until } from '#localstack/run/cloud.ts';
import { LOCAL_SHARDS } from '#localstack/run/pipeline.ts';
import { consumeBatch } from '#services/aggregation/consume-batch.ts';
import { hasBatches, readShard } from '#services/aggregation/public.ts';
import { recordUsage } from '#services/aggregation/record-usage.ts';
import { changeAccount, openClientAccount } from '#services/charging/change-account.ts';
import { chargeBatch, chargeClient } from '#services/charging/charge-client.ts';
import {
  captureClientHold,
  extendClientHold,
  placeClientHold,
  releaseClientHold,
} from '#services/charging/hold-balance.ts';
import { rebuildBalances } from '#services/charging/rebuild/rebuild-balances.ts';
import { relayEvents } from '#services/charging/relay/relay-events.ts';
import { reverseCharge } from '#services/charging/statement/reverse-charge.ts';
import { relayOn } from '#services/charging/testing/relay.ts';
import { connectTo, contentsOf, storeOn } from '#services/charging/testing/store.ts';
import type { RebuildAnswer } from '#shared/contracts/rebuild.ts';
import { SealedBatch } from '#shared/contracts/sealed-batch.ts';
import { UsageCloudEvent } from '#shared/contracts/usage-events.ts';
import { shardOf } from '#shared/domain/shard.ts';
import { createOwnTable, type OwnTable } from '#shared/testing/own-table.ts';
import { startValkey, type Valkey } from '#shared/testing/valkey.ts';

const SHARDS = 4;

let valkey: Valkey;
let redis: Redis;
let tables: { readonly ledger: OwnTable; readonly usage: OwnTable; readonly entries: OwnTable };

beforeAll(async () => {
  valkey = await startValkey();
  redis = connectTo(valkey.url);
  const [ledger, usage, entries] = await Promise.all(
    ['ledger', 'usage', 'entries'].map((name) => createOwnTable(`rebuild-${name}`)),
  );
  tables = { ledger, usage, entries } as typeof tables;
}, 60_000);
afterAll(async () => {
  redis.disconnect();
  await valkey.stop();
  await Promise.all(Object.values(tables).map((table) => table.remove()));
});

/** Hands everything on and consumes it, all in this process. */
async function drain() {
  const relay = relayOn(
    redis,
    async (body) => consumeBatch(tables, SealedBatch.parse(JSON.parse(body)) as SealedBatch),
    { shards: SHARDS, isInLedger: (shard) => hasBatches(tables.ledger, shard) },
  );
  const summary = await relayEvents(relay, { hasTime: () => true, untilEmpty: true });
  expect(summary.failures).toBe(0);
  return summary;
}

const NOT_RESTORED = /:(outbox|sealed|awaited|scratch|complete|restoring)/;

async function snapshot() {
  const contents = Object.entries(await contentsOf(redis));
  return Object.fromEntries(contents.filter(([key]) => !NOT_RESTORED.test(key)));
}

test('a store that has lost everything is rebuilt from the ledger, and answers as before', async () => {
  const charging = {
    accounts: storeOn(redis, { shards: SHARDS }),
    timeZone: 'UTC',
    maxEventAgeDays: 62,
    nowMs: Date.now,
    entries: tables.entries,
  };
  const rebuild = (shard: number) =>
    rebuildBalances(
      {
        accounts: charging.accounts,
        readLedger: (of) => readShard(tables.ledger, of),
        countQueued: async () => ({ queuedBatches: 0, deadLetters: 0 }),
        nowMs: Date.now,
      },
      shard,
      { takesLedgerAsWhole: false },
    );
  const { timeZone, maxEventAgeDays, nowMs } = charging;
  const recorder = charging.accounts;
  const recording = {
    ...{ recorder, timeZone, maxEventAgeDays, nowMs },
    priceList: async () => new Map(),
  };
  const shards = Array.from({ length: SHARDS }, (_, shard) => shard);
  expect(await drain()).toMatchObject({ lostShards: 0 });

  const clients = Array.from({ length: 12 }, () => `rebuilt-${ulid()}`);
  const requests: (() => Promise<unknown>)[] = clients.flatMap((client) => {
    const [first, hold, other] = [ulid(), ulid(), `hold of ${client}`];
    const base = { client, currency: 'USD' };
    const metered = { ...base, meter: 'api.requests', quantity: 1_000_000n };
    const charge = (id: string, amount: bigint, more = {}) => ({ ...metered, id, amount, ...more });
    const ids = Array.from({ length: 9 }, () => ulid());
    const id = (index: number) => ids[index] as string;
    const usage = { specversion: '1.0', id: id(0), source: '/app', type: 'tollgate.usage' };
    const events = [
      UsageCloudEvent.parse({
        ...{ ...usage, subject: client },
        data: { meter: 'api.requests', quantity: '3', amount: '0.03', currency: 'USD' },
      }),
    ];
    return [
      async () => (await chargeClient(charging, charge(first, 120_000n))).answer,
      () =>
        chargeBatch(charging, [
          charge(id(1), 10_000n),
          charge('text', 5n, { upTo: true }),
          charge(id(2), 99_000_000n, { upTo: true }),
        ]),
      () => changeAccount(charging, 'top_up', client, id(3), { amount: 900_000n, currency: 'USD' }),
      () => changeAccount(charging, 'adjustment', client, 'a', { amount: -7n, currency: 'USD' }),
      () => placeClientHold(charging, { ...base, id: hold, amount: 300n, expiresInSeconds: 900 }),
      () => placeClientHold(charging, { ...base, id: other, amount: 70n, expiresInSeconds: 900 }),
      () =>
        captureClientHold(charging, {
          ...{ ...metered, id: id(4), hold, amount: 100n, upTo: false, isFinal: false },
        }),
      () => extendClientHold(charging, { id: id(5), client, hold, expiresInSeconds: 3_600 }),
      () => releaseClientHold(charging, { id: id(6), client, hold: other }),
      async () => {
        const { recorded, duplicates } = await recordUsage(recording, events);
        return recorded + duplicates;
      },
      () =>
        reverseCharge(charging, {
          ...{ id: id(7), client, charge: { id: first, kind: 'charge' }, amount: 20_000n },
        }),
    ];
  });
  for (const client of clients) {
    await openClientAccount(charging, { client, currency: 'USD', openingBalance: 5_000_000n });
  }
  const answers: unknown[] = [];
  for (const request of requests) {
    // Reversals look up what they reverse.
    if (answers.length % 11 === 10) await drain();
    answers.push(await request());
  }
  await drain();
  const before = await snapshot();
  for (const shard of shards) expect(await rebuild(shard)).toMatchObject({ differing: 0 });

  await redis.flushall();
  expect(await drain()).toMatchObject({
    lostShards: new Set(clients.map((client) => shardOf(client, SHARDS))).size,
  });
  const [client] = clients as [string];
  const id = ulid();
  const charge = { id, client, currency: 'USD', amount: 1n, meter: 'x', quantity: 1n };
  await expect(chargeClient(charging, charge)).rejects.toMatchObject({
    code: 'balances_incomplete',
    extras: { retryAfterSeconds: 60 },
  });

  for (const shard of shards) {
    expect(await rebuild(shard)).toMatchObject({ differing: 0 });
    expect(await rebuild(shard)).toMatchObject({ outcome: 'compared', differing: 0 });
  }
  expect(await snapshot()).toEqual(before);
  for (const [index, request] of requests.entries()) {
    expect(await request()).toEqual(answers[index]);
  }
  expect(await snapshot()).toEqual(before);
  expect(await chargeClient(charging, charge)).toMatchObject({ answer: { isAuthorized: true } });
}, 120_000);

test('the deployed API compares a shard that is complete', async () => {
  const call = async (path: string, body?: object, key = process.env.TOLLGATE_API_KEY) => {
    const response = await fetch(`${process.env.TOLLGATE_API_URL}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as RebuildAnswer };
  };
  const client = `compared-${ulid()}`;
  await call('/v1/accounts', { client, currency: 'USD', openingBalance: '1' });
  const shard = shardOf(client, LOCAL_SHARDS);
  const cloud = connectCloud(readLocalEnvironment());
  await cloud.invoke('relay-events', { onePass: true, untilEmpty: true });
  const rebuild = () => call(`/v1/shards/${shard}/rebuild`);
  await until('the ledger', 60_000, async () => {
    const { status, body } = await rebuild();
    expect(status).toBe(200);
    expect(body).toMatchObject({ outcome: 'compared', shard, shards: LOCAL_SHARDS });
    return body.ledger.accounts > 0 && !body.differences.some((each) => each.client === client);
  });
  expect(await call(`/v1/shards/${LOCAL_SHARDS}/rebuild`)).toMatchObject({ status: 404 });
  expect(await call('/v1/shards/first/rebuild')).toMatchObject({ status: 400 });
  expect(await call(`/v1/shards/${shard}/rebuild?takeLedgerAsWhole=maybe`)).toMatchObject({
    status: 400,
  });
}, 90_000);
