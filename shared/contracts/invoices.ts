import * as z from 'zod/mini';
import { INVOICE_STATES } from '#shared/domain/invoice.ts';
import * as field from './fields.ts';

const Attempt = z.strictObject({
  at: z.string(),
  call: z.enum(['submit', 'look_up', 'poll', 'retry', 'correct']),
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
  /** The later package of this client that took over what this one did not collect. */
  carriedTo: z.optional(z.string()),
  /** The revision that a correction put in its place. */
  supersededBy: z.optional(z.string()),
});
export type InvoiceSummary = z.infer<typeof InvoiceSummary>;

/** What one day and meter add. `credit`: given back by reversals. `adjustment`: came after an earlier package of its half month. */
const MeteredLine = z.strictObject({
  kind: z.enum(['usage', 'adjustment', 'credit']),
  day: field.day,
  meter: field.meter,
  source: z.enum(['prepaid', 'postpaid', 'reversal']),
  events: z.int(),
  quantity: z.string(),
  amount: z.string(),
});

/** What an earlier package of the client left uncollected, or owes it. */
const CarryOverLine = z.strictObject({
  kind: z.literal('carry_over'),
  from: z.string(),
  amount: z.string(),
  /** How much of it the client has paid from its balance already. */
  paid: z.string(),
});

/** What a person added or took off. */
const CorrectionLine = z.strictObject({
  kind: z.literal('correction'),
  description: z.string(),
  amount: z.string(),
});

export const InvoiceLine = z.discriminatedUnion('kind', [
  MeteredLine,
  CarryOverLine,
  CorrectionLine,
]);
export type InvoiceLine = z.infer<typeof InvoiceLine>;

export const Invoice = z.extend(InvoiceSummary, {
  /** How much of the total the client has paid from its balance already: what is due is the rest. Below zero where more was given back. */
  paid: z.string(),
  lines: z.array(InvoiceLine),
  /** Why `lines` is empty though the package has some: they are not there any more as they were frozen. */
  linesProblem: z.optional(z.string()),
  /** SHA-256 over the lines as they were frozen: see the explanation. */
  linesSha256: z.optional(z.string()),
  history: z.array(Attempt),
});
export type Invoice = z.infer<typeof Invoice>;

export const INVOICE_SORTS = ['oldest', 'newest', 'client'] as const;

export const InvoicePage = z.strictObject({
  invoices: z.array(InvoiceSummary),
  /** Pass it as `cursor` for the next page; absent on the last. */
  nextCursor: z.optional(z.string()),
});
export type InvoicePage = z.infer<typeof InvoicePage>;

export const MAX_RETRIES_AT_ONCE = 100;

/** Parked invoices to take up again: those named, or those that match. */
export const RetriesBody = z
  .strictObject({
    ids: z.optional(z.array(z.string()).check(z.minLength(1), z.maxLength(MAX_RETRIES_AT_ONCE))),
    filter: z.optional(
      z.strictObject({
        client: z.optional(field.client),
        period: z.optional(field.period),
        reason: z.optional(field.reason),
        olderThanSeconds: z.optional(z.int().check(z.gte(0), z.lte(400 * 86_400))),
      }),
    ),
    /** Only says what it would do. */
    dryRun: z._default(z.boolean(), false),
    /** Of a filter: where the answer before ended. */
    cursor: z.optional(z.string()),
  })
  .check(
    z.refine(({ ids, filter }) => (ids === undefined) !== (filter === undefined), {
      error: 'must have either ids or a filter',
    }),
  );
export type RetriesBody = z.infer<typeof RetriesBody>;

export const RetriesAnswer = z.strictObject({
  /** How many (would) start with a submission, and how many with a look-up. */
  submit: z.number(),
  lookUp: z.number(),
  /** By the reason for which they were parked. */
  byReason: z.record(z.string(), z.number()),
  /** Not parked (any more), or unknown. */
  left: z.array(z.strictObject({ id: z.string(), why: z.string() })),
  /** More match: send the same again with it. */
  nextCursor: z.optional(z.string()),
});
export type RetriesAnswer = z.infer<typeof RetriesAnswer>;

/** Puts another revision in the place of a parked invoice: its lines, and these. */
export const CorrectionBody = z.strictObject({
  /** For those who read it later. */
  reason: z.string().check(z.minLength(1), z.maxLength(300)),
  /**
   * Of what the invoice API may have taken after all, such as after `attempts_exhausted`: whether you have made sure, with its
   * owner, that it has not and will not. Else both would be billed.
   */
  isNotTaken: z._default(z.boolean(), false),
  lines: z
    .array(
      z.strictObject({
        description: z.string().check(z.minLength(1), z.maxLength(200)),
        amount: field.signedAmount,
      }),
    )
    .check(z.maxLength(20)),
});
export type CorrectionBody = z.infer<typeof CorrectionBody>;
