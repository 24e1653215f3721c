import type { Context } from 'aws-lambda';
import { invoicingTools } from '../loop-wiring.ts';
import { pollSubmittedInvoices } from '../poll-submitted-invoices.ts';
import { runLoop } from '../run-loop.ts';
import { loopConcurrency } from '../wiring.ts';

/** Scheduled each minute; `{"untilIdle": true}` ends it as soon as nothing is left to ask for. */
export const handler = (event: { readonly untilIdle?: boolean }, context: Context) =>
  runLoop(
    'poll-invoices',
    pollSubmittedInvoices,
    invoicingTools(),
    loopConcurrency(),
    event,
    context,
  );
