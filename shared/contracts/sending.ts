import * as z from 'zod/mini';

/** How invoices are being sent now, by all senders together. */
export const SendingStatus = z.strictObject({
  asOf: z.string(),
  /** `closed`: sending. `open`: the invoice API is taken to be down, nothing is sent. `probing`: single requests try whether it is back. */
  breaker: z.strictObject({
    state: z.enum(['closed', 'open', 'probing']),
    since: z.optional(z.string()),
    /** What the invoice API said, or did not. */
    reason: z.optional(z.string()),
    nextTryAt: z.optional(z.string()),
  }),
  /** The invoice API asked to be left alone until then (Retry-After). */
  blockedUntil: z.optional(z.string()),
  rate: z.strictObject({
    /** Requests per second that the invoice API allows, by the setting. */
    allowedPerSecond: z.number(),
    /** What the budget gives out at present. */
    currentPerSecond: z.number(),
    /** Requests in the last ten seconds, per second. */
    measuredPerSecond: z.number(),
  }),
  concurrency: z.strictObject({
    allowed: z.number(),
    current: z.number(),
    inUse: z.number(),
  }),
});
export type SendingStatus = z.infer<typeof SendingStatus>;
