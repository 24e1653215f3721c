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
import { orUnavailableBudget } from './unavailable-budget.ts';
import { indexOrUnavailable, orUnavailable } from './unavailable-store.ts';

/** What Redis may take to answer a budget. */
export const REDIS_TIMEOUT_MS = 1_000;
const LOOP_SECONDS = 2;

const StoreEnv = z.object({ INVOICES_TABLE: text });

const BudgetEnv = z.object({
  REDIS_URL: text,
  REDIS_CLUSTER: z.enum(['true', 'false']),
  /** Requests per second that the invoice API allows. */
  INVOICE_API_RATE: integer(1, 10_000),
  INVOICE_API_TIMEOUT_MS: integer(100, 60_000),
  INVOICE_API_CONCURRENCY: integer(1, 1_000),
  INVOICE_LEASE_SECONDS: integer(5, 900),
});

const LoopEnv = z
  .extend(BudgetEnv, {
    INVOICE_POLL_DELAY_SECONDS: integer(1, 3_600),
    INVOICE_MAX_ATTEMPTS: integer(1, 100),
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

/** For the HTTP routes. */
export const sendBudget = once(() => orUnavailableBudget(budgetOf(readEnv(BudgetEnv))));

/** Invoices that a loop works on at once: no more than it can send while it holds their leases. */
export const loopConcurrency = () => {
  const { INVOICE_API_CONCURRENCY, INVOICE_API_RATE } = loopEnv();
  return Math.min(INVOICE_API_CONCURRENCY, INVOICE_API_RATE * LOOP_SECONDS);
};

function budgetOf(env: z.infer<typeof BudgetEnv>) {
  return createSendBudget(connectRedisOf({ ...env, REDIS_TIMEOUT_MS }), {
    ratePerSecond: env.INVOICE_API_RATE,
    concurrency: env.INVOICE_API_CONCURRENCY,
    timeoutMs: env.INVOICE_API_TIMEOUT_MS,
    leaseMs: env.INVOICE_LEASE_SECONDS * 1_000,
  });
}

/** For the loops; the invoice API itself is added by their own wiring. */
export const toolsWithoutApi = once((): Omit<InvoicingTools, 'api'> => {
  const env = loopEnv();
  return {
    store: createInvoiceStore(connectDynamo(), invoicesTable()),
    budget: budgetOf(env),
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
