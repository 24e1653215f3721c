import * as z from 'zod/mini';

/** The last proof of conservation: every stage of the pipeline added up and compared with the one before. */
export const ConservationProof = z.strictObject({
  provenAt: z.string(),
  isConserved: z.boolean(),
  /** In the order of the pipeline, from the ledger to the packages; amounts by currency. */
  stages: z.array(
    z.strictObject({
      name: z.string(),
      events: z.number(),
      amounts: z.record(z.string(), z.string()),
    }),
  ),
  accounts: z.number(),
  /** How many sums, balances and statements differ. */
  differences: z.number(),
  balances: z.number(),
  entries: z.number(),
  /** How many daily records, or folds behind them, are not what the deltas imply. Missing in proofs from before. */
  trees: z.optional(z.number()),
  /** How many amounts were not carried over exactly once, and corrections that do not replace what they should. */
  packages: z.optional(z.number()),
  /** The first of them, in words. */
  first: z.array(z.string()),
});
export type ConservationProof = z.infer<typeof ConservationProof>;
