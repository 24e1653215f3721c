import type { Context } from 'aws-lambda';
import { log } from '#shared/platform/log.ts';
import { observeInvoices } from '../observe-invoices.ts';
import { wireObserving } from '../progress-wiring.ts';

/** The next run begins a minute after this one did. */
const LONGEST_MS = 55_000;

/** Scheduled each minute; ends at once where nothing moves. */
export async function handler(_event: unknown, context: Context) {
  const observing = wireObserving();
  const leftMs = Math.min(context.getRemainingTimeInMillis() - 10_000, LONGEST_MS);
  const summary = await observeInvoices(observing, observing.clock.elapsedMs() + leftMs);
  log.info('observe-invoices', summary);
  return summary;
}
