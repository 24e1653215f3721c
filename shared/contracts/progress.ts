import * as z from 'zod/mini';

/** How many invoices are in each state; states without any are left out. */
const StateCounts = z.record(z.string(), z.number());

/** Of those that are parked, how many for which reason: `rejected_by_invoice_api` is what the invoice API turned down. */
const ReasonCounts = z.record(z.string(), z.number());

export const PeriodList = z.strictObject({
  /** Half months that ever had usage, the latest first. */
  periods: z.array(z.string()),
});
export type PeriodList = z.infer<typeof PeriodList>;

/** One half month at a glance. */
export const Progress = z.strictObject({
  period: z.string(),
  asOf: z.string(),
  byState: StateCounts,
  /** Totals of the packages in each state, by currency, as decimal strings. */
  amountByState: z.record(z.string(), z.record(z.string(), z.string())),
  parkedByReason: ReasonCounts,
  parkedAmountByReason: z.record(z.string(), z.record(z.string(), z.string())),
  /** Clients that have usage which is not packaged yet. */
  unpackagedClients: z.number(),
  /** As noted while something moved, each ten seconds at most and thinned out; oldest first. Points from before reasons were counted have none. */
  series: z.array(
    z.strictObject({ at: z.string(), byState: StateCounts, parkedByReason: ReasonCounts }),
  ),
  /** There once something is being sent and enough is done to tell. */
  forecast: z.optional(
    z.strictObject({
      doneAt: z.string(),
      remaining: z.number(),
      perSecond: z.number(),
    }),
  ),
  /** The packaging runs of late, the latest first. */
  packagingRuns: z.array(
    z.strictObject({
      startedAt: z.string(),
      status: z.enum(['running', 'succeeded', 'failed']),
      endedAt: z.optional(z.string()),
    }),
  ),
});
export type Progress = z.infer<typeof Progress>;
