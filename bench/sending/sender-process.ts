import { systemClock } from '#services/invoicing/clock.ts';
import { createHttpInvoiceApi } from '#services/invoicing/invoice-api-client.ts';
import type { InvoiceStore } from '#services/invoicing/invoice-store.ts';
import { createSendBudget } from '#services/invoicing/send-budget.ts';
import { sendDueInvoices } from '#services/invoicing/send-due-invoices.ts';
import { connectRedis } from '#shared/platform/redis.ts';
import { endlessStore } from './endless-store.ts';

export interface SenderPlan {
  readonly sender: number;
  readonly redisUrl: string;
  readonly invoiceApiUrl: string;
  readonly ratePerSecond: number;
  readonly concurrency: number;
  readonly forMs: number;
}

const TIMEOUT_MS = 3_000;
const LEASE_MS = 15_000;

/** One sender as a Lambda runs it, over a store that is always full. */
process.once('message', async (plan: SenderPlan) => {
  const { redisUrl, ratePerSecond, concurrency } = plan;
  const redis = connectRedis({ url: redisUrl, isCluster: false, commandTimeoutMs: 1_000 });
  const settings = { ratePerSecond, concurrency, timeoutMs: TIMEOUT_MS, leaseMs: LEASE_MS };
  const tools = {
    store: endlessStore(plan.sender) as InvoiceStore,
    budget: createSendBudget(redis, settings),
    api: createHttpInvoiceApi({ url: plan.invoiceApiUrl, timeoutMs: TIMEOUT_MS }),
    clock: systemClock,
    random: Math.random,
    policy: { maxAttempts: 8, baseDelayMs: 2_000, maxDelayMs: 300_000, pollDelayMs: 30_000 },
    leaseMs: LEASE_MS,
  };
  const deadlineMs = systemClock.elapsedMs() + plan.forMs;
  const { outcomes } = await sendDueInvoices(tools, {
    concurrency,
    deadlineMs,
    idleMs: plan.forMs,
  });
  process.send?.(outcomes);
  await redis.quit();
  process.disconnect();
});
