import { SFNClient } from '@aws-sdk/client-sfn';
import * as z from 'zod/mini';
import type { HalfMonth } from '#shared/domain/billing-period.ts';
import { connectDynamo, connectImpatientDynamo } from '#shared/platform/dynamo.ts';
import { integer, readEnv, text } from '#shared/platform/env.ts';
import { keepBriefly } from '#shared/platform/keep-briefly.ts';
import { once } from '#shared/platform/once.ts';
import { shards } from '#shared/platform/settings.ts';
import { systemClock } from './clock.ts';
import { createInvoiceIndex } from './invoice-index.ts';
import type { Observing } from './observe-invoices.ts';
import { type ProgressSources, progressOf } from './read-progress.ts';
import { invoiceIndex, sendBudget } from './wiring.ts';

const ProgressEnv = z.object({ INVOICES_TABLE: text, PROGRESS_TABLE: text });
const SourcesEnv = z.extend(ProgressEnv, {
  USAGE_TABLE: text,
  SHARDS: shards,
  PACKAGING_MACHINE_ARN: text,
  INVOICE_POLL_DELAY_SECONDS: integer(1, 3_600),
  INVOICE_LEASE_SECONDS: integer(5, 900),
});

/** For the HTTP routes. */
export const wireProgress = once((): ProgressSources => {
  const env = readEnv(SourcesEnv);
  const dynamo = connectImpatientDynamo();
  return {
    index: invoiceIndex(),
    progress: { dynamo, table: env.PROGRESS_TABLE },
    usage: { dynamo, table: env.USAGE_TABLE },
    shards: env.SHARDS,
    sfn: new SFNClient({ maxAttempts: 2 }),
    packagingMachineArn: env.PACKAGING_MACHINE_ARN,
    budgetStatus: () => sendBudget().status(),
    pollDelayMs: env.INVOICE_POLL_DELAY_SECONDS * 1_000,
    leaseMs: env.INVOICE_LEASE_SECONDS * 1_000,
  };
});

/** Less than the 5 s between two looks of one page. */
const PROGRESS_KEPT_MS = 2_000;

/**
 * A look counts all invoices of a half month and reads its chart: several open pages share one. By the time of day,
 * since a Lambda may stand still between two calls, and its other clocks with it.
 */
export const recentProgress = once(() => {
  const sources = wireProgress();
  return keepBriefly(
    (asked: HalfMonth | undefined) => progressOf(sources, asked, Date.now()),
    PROGRESS_KEPT_MS,
    Date.now,
  );
});

export const wireObserving = once((): Observing => {
  const env = readEnv(ProgressEnv);
  const dynamo = connectDynamo();
  return {
    index: createInvoiceIndex(dynamo, env.INVOICES_TABLE),
    progress: { dynamo, table: env.PROGRESS_TABLE },
    clock: systemClock,
  };
});
