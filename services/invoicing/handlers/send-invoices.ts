import type { Context } from 'aws-lambda';
import { invoicingTools } from '../loop-wiring.ts';
import { runLoop } from '../run-loop.ts';
import { sendDueInvoices } from '../send-due-invoices.ts';
import { loopConcurrency } from '../wiring.ts';

/** Scheduled each minute; `{"untilIdle": true}` ends it as soon as nothing is left to send. */
export const handler = (event: { readonly untilIdle?: boolean }, context: Context) =>
  runLoop('send-invoices', sendDueInvoices, invoicingTools(), loopConcurrency(), event, context);
