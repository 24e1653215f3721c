import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import { integer, readEnv, text } from '#shared/platform/env.ts';
import { log } from '#shared/platform/log.ts';
import { once } from '#shared/platform/once.ts';
import { connectRedisOf } from '#shared/platform/settings.ts';
import type { InvoicingTools } from './call-under-lease.ts';
import { systemClock } from './clock.ts';
import { createHttpInvoiceApi, type InvoiceApi } from './invoice-api-client.ts';
import { createSendBudget } from './send-budget.ts';
import { createStripeInvoiceApi } from './stripe/stripe-invoice-api.ts';
import { loopEnv, REDIS_TIMEOUT_MS, toolsWithoutApi } from './wiring.ts';

/** What only the loops need: the clients of invoice APIs are in no other Lambda. */

/** An invoice takes five requests or, with many lines, a few more. */
const REQUESTS_PER_CALL = 6;
const MANY = 10_000;

const url = z.url({ protocol: /^https?$/ });

const ApiEnv = z.discriminatedUnion('INVOICE_API', [
  z.object({
    INVOICE_API: z.literal('http'),
    INVOICE_API_URL: url,
    /** The Authorization header for the invoice API, whole; empty where it asks for none. */
    INVOICE_API_AUTHORIZATION: z.string(),
  }),
  z.object({
    INVOICE_API: z.literal('stripe'),
    INVOICE_API_URL: url,
    STRIPE_SECRET_KEY: text,
    /** Requests per second that Stripe allows. */
    STRIPE_RATE: integer(REQUESTS_PER_CALL, 10_000),
    STRIPE_DAYS_UNTIL_DUE: integer(0, 3_650),
    STRIPE_AUTO_ADVANCE: z.enum(['true', 'false']),
  }),
]);

export const invoicingTools = once(
  (): InvoicingTools => ({ ...toolsWithoutApi(), api: connectInvoiceApi() }),
);

function connectInvoiceApi(): InvoiceApi {
  const env = readEnv(ApiEnv);
  const timeoutMs = loopEnv().INVOICE_API_TIMEOUT_MS;
  if (env.INVOICE_API === 'http') {
    return createHttpInvoiceApi({
      url: env.INVOICE_API_URL,
      authorization: env.INVOICE_API_AUTHORIZATION,
      timeoutMs,
    });
  }
  return createStripeInvoiceApi({
    secretKey: env.STRIPE_SECRET_KEY,
    url: env.INVOICE_API_URL,
    timeoutMs,
    pace: paceOf(env.STRIPE_RATE),
    daysUntilDue: env.STRIPE_DAYS_UNTIL_DUE,
    autoAdvance: env.STRIPE_AUTO_ADVANCE === 'true',
  });
}

/** Turns for single requests: a budget of their own beside the one for calls, shared by all processes as well. */
function paceOf(ratePerSecond: number) {
  const { INVOICE_API_RATE, ...env } = loopEnv();
  if (ratePerSecond < REQUESTS_PER_CALL * INVOICE_API_RATE) {
    throw new Error(`STRIPE_RATE must be at least ${REQUESTS_PER_CALL} times INVOICE_API_RATE`);
  }
  const redis = connectRedisOf({ ...env, REDIS_TIMEOUT_MS });
  const turns = createSendBudget(redis, {
    ...{ ratePerSecond, key: '{stripe-requests}' },
    // How many calls are under way is for the other budget to say.
    ...{ concurrency: MANY, timeoutMs: env.INVOICE_API_TIMEOUT_MS, leaseMs: 1_000 },
  });
  return async (withinMs: number): Promise<boolean> => {
    try {
      const byMs = systemClock.elapsedMs() + withinMs;
      const permit = await turns.take({ invoice: randomUUID(), version: 1n, byMs });
      if (permit.granted)
        await turns.report(permit, { answer: { type: 'accepted' }, latencyMs: 1 });
      return permit.granted;
    } catch (error) {
      // Without Redis nothing is sent.
      log.warn('send-budget', { error: error as Error });
      return false;
    }
  };
}
