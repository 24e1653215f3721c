import type { Redis } from 'ioredis';
import { changeBalance, openAccount, readAccount } from '#services/charging/account-store.ts';
import { httpRequest } from '#services/charging/testing/http-request.ts';
import type { BatchEngine, ChargeEngine, ChargeResult } from '../rivals/charge-engine.ts';
import { inOneGo } from '../rivals/in-one-go.ts';
import { SHARDS } from './plan.ts';

/** Tollgate as the bench calls it: all that is known here of its inside is in this file. */

const RECEIPT_WINDOW_HOURS = 24;
const CURRENCY = 'USD';
const METER = 'api.requests';

function storeOn(redis: Redis) {
  return { redis, shards: SHARDS, receiptWindowMs: RECEIPT_WINDOW_HOURS * 3_600_000 };
}

function accountsOn(redis: Redis): Pick<ChargeEngine, 'open' | 'balance'> {
  const store = storeOn(redis);
  return {
    async open(client, balanceMicros) {
      await openAccount(store, {
        kind: 'opening',
        id: 'opening',
        client,
        currency: CURRENCY,
        amountMicros: balanceMicros,
        occurredAtMs: Date.now(),
      });
    },
    async balance(client) {
      return (await readAccount(store, client))?.balanceMicros ?? 0n;
    },
  };
}

/** The engine: one script call that checks the account, writes the receipt and the event, and takes the amount. */
export function tollgateEngine(redis: Redis): ChargeEngine {
  const store = storeOn(redis);
  return {
    ...accountsOn(redis),
    async charge(client, id, amountMicros): Promise<ChargeResult> {
      const request = { client, amount: amountMicros, currency: CURRENCY, meter: METER };
      const outcome = await changeBalance(
        store,
        {
          kind: 'charge',
          id,
          client,
          currency: CURRENCY,
          amountMicros,
          occurredAtMs: Date.now(),
          day: '2027-01-15',
          meter: METER,
          quantityMicros: 1_000_000n,
        },
        request,
      );
      return outcome.type === 'done' || outcome.type === 'repeated'
        ? { isAuthorized: true, balanceMicros: outcome.balanceMicros }
        : { isAuthorized: false };
    },
  };
}

/** A batch built of single calls of the engine, written to the connection in one go. */
export function tollgateInOneGo(redis: Redis): BatchEngine {
  const { open, charge, balance } = tollgateEngine(redis);
  return {
    open,
    balance,
    chargeMany: (charges) =>
      inOneGo(redis, () =>
        charges.map(({ account, id, amountMicros }) => charge(account, id, amountMicros)),
      ),
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
    ...accountsOn(redis),
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

/** Takes away all but the accounts, as the relay does with events and time with receipts. */
export async function discardJournal(redis: Redis): Promise<void> {
  const keys = (await redis.keys('{s*')).filter((key) => !key.includes('}:account:'));
  if (keys.length > 0) await redis.del(keys);
}

/** Takes away the events alone, as the relay does. */
export async function discardOutbox(redis: Redis): Promise<void> {
  const keys = await redis.keys('{s*}:outbox');
  if (keys.length > 0) await redis.del(keys);
}
