import type { Redis } from 'ioredis';
import { type AccountStore, openAccount, readAccount } from '#services/charging/account-store.ts';
import {
  type BalanceChange,
  changeBalance,
  changeBalances,
} from '#services/charging/balance-store.ts';
import { captureHold, placeHold } from '#services/charging/hold-store.ts';
import { httpRequest } from '#services/charging/testing/http-request.ts';
import { markComplete } from '#services/charging/testing/store.ts';
import { outboxKey } from '#shared/platform/outbox.ts';
import { fingerprintOf } from '#shared/platform/receipts.ts';
import type { BatchEngine, Charge, ChargeEngine, ChargeResult } from '../rivals/charge-engine.ts';
import { inOneGo } from '../rivals/in-one-go.ts';
import { SHARDS } from './plan.ts';

/** Tollgate as the bench calls it: all that is known here of its inside is in this file. */

const RECEIPT_WINDOW_HOURS = 24;
const HOLD_LIFETIME_MS = 600_000;
const CURRENCY = 'USD';
const METER = 'api.requests';
const QUANTITY_MICROS = 1_000_000n;
const SHARD_NUMBERS = Array.from({ length: SHARDS }, (_, shard) => shard);

function storeOn(redis: Redis): AccountStore {
  return {
    redis,
    shards: SHARDS,
    receiptWindowMs: RECEIPT_WINDOW_HOURS * 3_600_000,
    replication: { replicas: 0, waitMs: 0 },
  };
}

/** Says of a new server that it has all accounts there are. */
export async function prepareServer(redis: Redis): Promise<void> {
  await Promise.all(SHARD_NUMBERS.map((shard) => markComplete(storeOn(redis), shard)));
}

function accountsOn(store: AccountStore): Pick<ChargeEngine, 'open' | 'balance'> {
  return {
    async open(client, balanceMicros) {
      const { type } = await openAccount(store, {
        kind: 'opening',
        id: 'opening',
        client,
        currency: CURRENCY,
        amountMicros: balanceMicros,
        occurredAtMs: Date.now(),
      });
      if (type !== 'opened') throw new Error(`The account of ${client} is ${type}`);
    },
    async balance(client) {
      return (await readAccount(store, client))?.balanceMicros ?? 0n;
    },
  };
}

function toChange({ account: client, id, amountMicros }: Charge): BalanceChange {
  return {
    event: {
      kind: 'charge',
      id,
      client,
      currency: CURRENCY,
      amountMicros,
      occurredAtMs: Date.now(),
      day: '2027-01-15',
      meter: METER,
      quantityMicros: QUANTITY_MICROS,
      fingerprint: fingerprintOf(client, amountMicros, CURRENCY, METER, QUANTITY_MICROS),
    },
  };
}

type Outcome = Awaited<ReturnType<typeof changeBalances>>[number];

function toResult(outcome: Outcome): ChargeResult {
  if (outcome instanceof Error) throw outcome;
  return outcome.type === 'done' || outcome.type === 'repeated'
    ? { isAuthorized: true, balanceMicros: outcome.balanceMicros }
    : { isAuthorized: false };
}

/** The engine as charges use it: those that come in the same turn of the event loop share a script call. */
export function tollgateEngine(redis: Redis): ChargeEngine {
  const store = storeOn(redis);
  return {
    ...accountsOn(store),
    async charge(account, id, amountMicros) {
      return toResult(await changeBalance(store, toChange({ account, id, amountMicros })));
    },
  };
}

/** The engine with a script call for every charge. */
export function tollgateEngineAlone(redis: Redis): ChargeEngine {
  const store = storeOn(redis);
  return {
    ...accountsOn(store),
    async charge(account, id, amountMicros) {
      const [outcome] = await changeBalances(store, [toChange({ account, id, amountMicros })]);
      return toResult(outcome as Outcome);
    },
  };
}

/** A batch: a script call for each shard that it touches. */
export function tollgateBatch(redis: Redis): BatchEngine {
  const store = storeOn(redis);
  return {
    ...accountsOn(store),
    async chargeMany(charges) {
      return (await changeBalances(store, charges.map(toChange))).map(toResult);
    },
  };
}

/** A batch built of single calls of the engine. */
export function tollgateInOneGo(redis: Redis): BatchEngine {
  return inOneGo(redis, tollgateEngineAlone(redis));
}

/** A charge in two steps: hold, then capture the whole. */
export function tollgateHolds(redis: Redis): ChargeEngine {
  const store = storeOn(redis);
  return {
    ...accountsOn(store),
    async charge(client, id, amountMicros) {
      const occurredAtMs = Date.now();
      const common = { id, client, currency: CURRENCY, amountMicros, occurredAtMs };
      const fingerprint = fingerprintOf(client, amountMicros, CURRENCY);
      const held = await placeHold(
        store,
        { ...common, kind: 'hold', fingerprint },
        HOLD_LIFETIME_MS,
      );
      if (held.type !== 'done') return { isAuthorized: false };
      const metered = {
        day: '2027-01-15' as const,
        meter: METER,
        quantityMicros: QUANTITY_MICROS,
      };
      const captured = await captureHold(
        store,
        { ...common, ...metered, kind: 'capture', holdId: id, fingerprint },
        { isUpTo: false, isFinal: true },
      );
      return { isAuthorized: captured.type === 'done' };
    },
  };
}

/** What the handler reads from its environment, as it is deployed. */
export function handlerEnvironment(redisUrl: string, timeoutMs: number): Record<string, string> {
  return {
    REDIS_URL: redisUrl,
    REDIS_CLUSTER: 'false',
    REDIS_TIMEOUT_MS: String(timeoutMs),
    SHARDS: String(SHARDS),
    BILLING_TIME_ZONE: 'UTC',
    MAX_EVENT_AGE_DAYS: '62',
    RECEIPT_WINDOW_HOURS: String(RECEIPT_WINDOW_HOURS),
    DURABILITY: 'at_once',
    POWERTOOLS_SERVICE_NAME: 'tollgate-bench',
    POWERTOOLS_METRICS_NAMESPACE: 'Tollgate',
    POWERTOOLS_LOG_LEVEL: 'INFO',
  };
}

/**
 * The whole handler, from the HTTP API's event to the response: scope, validation, engine, log line, metrics. It makes
 * its own connection from the environment at the first call, and `redis` only opens and reads accounts.
 */
export async function tollgateHandler(redis: Redis): Promise<ChargeEngine> {
  const { handler } = await import('#services/charging/handlers/charge-client.ts');
  return {
    ...accountsOn(storeOn(redis)),
    async charge(client, id, amountMicros) {
      const { statusCode, body } = await handler(
        httpRequest({
          body: `{"id":"${id}","client":"${client}","amount":"0.${String(amountMicros).padStart(6, '0')}","currency":"${CURRENCY}","meter":"${METER}","quantity":"1"}`,
        }),
      );
      if (statusCode !== 200) throw new Error(`The handler answered ${statusCode}: ${body}`);
      return { isAuthorized: (JSON.parse(body ?? '') as ChargeResult).isAuthorized };
    },
  };
}

/** Takes away events, as the relay does, and receipts, as time does. */
export async function discardJournal(redis: Redis): Promise<void> {
  await redis.del(...SHARD_NUMBERS.map(outboxKey), ...(await redis.keys('{s*}:receipts:*')));
}

/** Takes away events alone. */
export async function discardOutbox(redis: Redis): Promise<void> {
  await redis.del(SHARD_NUMBERS.map(outboxKey));
}
