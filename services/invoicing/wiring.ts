import * as z from 'zod/mini';
import { connectDynamo, connectImpatientDynamo } from '#shared/platform/dynamo.ts';
import { integer, readEnv, text } from '#shared/platform/env.ts';
import { once } from '#shared/platform/once.ts';
import { connectRedisOf } from '#shared/platform/settings.ts';
import { type InvoicingTools, LEASE_MARGIN_MS } from './call-under-lease.ts';
import { systemClock } from './clock.ts';
import { createInvoiceIndex } from './invoice-index.ts';
import { createInvoiceStore } from './invoice-store.ts';
import { createSendBudget } from './send-budget.ts';
import { indexOrUnavailable, orUnavailable } from './unavailable-store.ts';

const REDIS_TIMEOUT_MS = 1_000;

const StoreEnv = z.object({ INVOICES_TABLE: text });

const LoopEnv = z
  .object({
    REDIS_URL: text,
    REDIS_CLUSTER: z._default(z.enum(['true', 'false']), 'false'),
    /** Requests per second, a little below what the API allows. */
    INVOICE_API_RATE: integer(1, 10_000),
    INVOICE_API_TIMEOUT_MS: z._default(integer(100, 60_000), 8_000),
    INVOICE_API_CONCURRENCY: z._default(integer(1, 100), 12),
    INVOICE_POLL_DELAY_SECONDS: z._default(integer(1, 3_600), 30),
    INVOICE_MAX_ATTEMPTS: z._default(integer(1, 100), 8),
    INVOICE_LEASE_SECONDS: z._default(integer(5, 900), 30),
  })
  .check(
    z.refine(
      (env) => env.INVOICE_LEASE_SECONDS * 1_000 > env.INVOICE_API_TIMEOUT_MS + LEASE_MARGIN_MS,
      {
        path: ['INVOICE_LEASE_SECONDS'],
        error: `must be more than ${LEASE_MARGIN_MS / 1_000} s longer than INVOICE_API_TIMEOUT_MS`,
      },
    ),
  );

export const loopEnv = once(() => readEnv(LoopEnv));

const invoicesTable = () => readEnv(StoreEnv).INVOICES_TABLE;

/** For the HTTP routes. */
export const invoiceStore = once(() =>
  orUnavailable(createInvoiceStore(connectImpatientDynamo(), invoicesTable())),
);

export const invoiceIndex = once(() =>
  indexOrUnavailable(createInvoiceIndex(connectImpatientDynamo(), invoicesTable())),
);

export const loopConcurrency = () => loopEnv().INVOICE_API_CONCURRENCY;

/** For the loops; the invoice API itself is added by their own wiring. */
export const toolsWithoutApi = once((): Omit<InvoicingTools, 'api'> => {
  const env = loopEnv();
  const redis = connectRedisOf({ ...env, REDIS_TIMEOUT_MS });
  return {
    store: createInvoiceStore(connectDynamo(), invoicesTable()),
    budget: createSendBudget(redis, { ratePerSecond: env.INVOICE_API_RATE }),
    clock: systemClock,
    random: Math.random,
    policy: {
      maxAttempts: env.INVOICE_MAX_ATTEMPTS,
      baseDelayMs: 2_000,
      maxDelayMs: 300_000,
      pollDelayMs: env.INVOICE_POLL_DELAY_SECONDS * 1_000,
    },
    leaseMs: env.INVOICE_LEASE_SECONDS * 1_000,
  };
});
