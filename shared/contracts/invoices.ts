import * as z from 'zod/mini';
import { INVOICE_STATES } from '#shared/domain/invoice.ts';

export const Attempt = z.strictObject({
  at: z.string(),
  call: z.enum(['submit', 'look_up', 'poll', 'retry']),
  answer: z.string(),
  detail: z.optional(z.string()),
  latencyMs: z.optional(z.number()),
});

export const InvoiceSummary = z.strictObject({
  id: z.string(),
  client: z.string(),
  period: z.string(),
  revision: z.number(),
  currency: z.string(),
  total: z.string(),
  state: z.enum(INVOICE_STATES),
  reason: z.optional(z.string()),
  detail: z.optional(z.string()),
  attempts: z.number(),
  dueAt: z.optional(z.string()),
  packagedAt: z.string(),
  updatedAt: z.string(),
});
export type InvoiceSummary = z.infer<typeof InvoiceSummary>;

export const Invoice = z.extend(InvoiceSummary, {
  lines: z.array(
    z.strictObject({
      day: z.string(),
      meter: z.string(),
      source: z.enum(['prepaid', 'postpaid']),
      kind: z.enum(['usage', 'adjustment']),
      events: z.number(),
      quantity: z.string(),
      amount: z.string(),
    }),
  ),
  history: z.array(Attempt),
});
export type Invoice = z.infer<typeof Invoice>;

export const InvoicePage = z.strictObject({
  invoices: z.array(InvoiceSummary),
  /** Pass it as `cursor` for the next page; absent on the last. */
  nextCursor: z.optional(z.string()),
});
export type InvoicePage = z.infer<typeof InvoicePage>;
