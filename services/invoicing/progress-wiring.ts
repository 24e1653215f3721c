import { SFNClient } from '@aws-sdk/client-sfn';
import * as z from 'zod/mini';
import { connectDynamo, connectImpatientDynamo } from '#shared/platform/dynamo.ts';
import { integer, readEnv, text } from '#shared/platform/env.ts';
import { once } from '#shared/platform/once.ts';
import { shards } from '#shared/platform/settings.ts';
import { systemClock } from './clock.ts';
import { createInvoiceIndex } from './invoice-index.ts';
import type { Observing } from './observe-invoices.ts';
import type { ProgressSources } from './read-progress.ts';
import { invoiceIndex, sendBudget } from './wiring.ts';

const ProgressEnv = z.object({ INVOICES_TABLE: text, PROGRESS_TABLE: text });
const SourcesEnv = z.extend(ProgressEnv, {
  USAGE_TABLE: text,
  SHARDS: shards,
  PACKAGING_MACHINE_ARN: text,
  INVOICE_POLL_DELAY_SECONDS: integer(1, 3_600),
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
  };
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
