import type { InvoicingTools } from '#services/invoicing/call-under-lease.ts';
import { type Clock, systemClock } from '#services/invoicing/clock.ts';
import { createHttpInvoiceApi } from '#services/invoicing/invoice-api-client.ts';
import { createInvoiceStore } from '#services/invoicing/invoice-store.ts';
import { createSendBudget } from '#services/invoicing/send-budget.ts';
import type { Dynamo } from '#shared/platform/dynamo.ts';
import type { RedisClient } from '#shared/platform/redis.ts';

/** Where the loops of invoicing work, for one that is not deployed. */
export interface Workplace {
  readonly table: string;
  /** The key of the budget. */
  readonly budget: string;
  readonly invoiceApiUrl: string;
  readonly ratePerSecond: number;
  /** The only bucket of the index that has anything, where it is known: the local cloud is slow to say that of the others. */
  readonly bucket?: string;
}

const TIMEOUT_MS = 3_000;
/** Leaves five seconds for the permit. */
const LEASE_MS = 10_000;

/** What a deployed loop works with, but for shorter waits. */
export function loopTools(
  { table, budget, invoiceApiUrl, ratePerSecond, bucket = '' }: Workplace,
  dynamo: Dynamo,
  redis: RedisClient,
  clock: Clock = systemClock,
): InvoicingTools {
  const store = createInvoiceStore(dynamo, table);
  return {
    store: {
      ...store,
      dueIn: async (partition, ...rest) =>
        partition.endsWith(bucket) ? store.dueIn(partition, ...rest) : [],
    },
    budget: createSendBudget(
      redis,
      {
        ...{ ratePerSecond, concurrency: 12, key: `{${budget}}` },
        ...{ timeoutMs: TIMEOUT_MS, leaseMs: LEASE_MS },
      },
      clock,
    ),
    api: createHttpInvoiceApi({ url: invoiceApiUrl, timeoutMs: TIMEOUT_MS }),
    clock,
    random: Math.random,
    policy: { maxAttempts: 8, baseDelayMs: 200, maxDelayMs: 1_000, pollDelayMs: 200 },
    leaseMs: LEASE_MS,
  };
}
