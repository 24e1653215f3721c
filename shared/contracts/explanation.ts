import * as z from 'zod/mini';
import { InvoiceLine } from './invoices.ts';

const Sums = z.strictObject({ events: z.int(), quantity: z.string(), amount: z.string() });

/** The events behind a daily record as one Merkle tree that only ever grows: `size` leaves, in the order of arrival. */
const Tree = z.strictObject({ size: z.int(), root: z.string() });

/** What an earlier package billed of a tree: its invoice and line say so, in what they were frozen with. */
const TreeBefore = z.extend(Tree, { invoice: z.string(), line: z.int() });

/** From an invoice to its daily records. */
export const Explanation = z.strictObject({
  id: z.string(),
  /** What the client is asked for and how much of it is paid: the sums of the lines. */
  currency: z.string(),
  total: z.string(),
  paid: z.string(),
  /** The invoice in whose place a correction put another: nobody is asked for this one. */
  supersededBy: z.optional(z.string()),
  linesSha256: z.string(),
  /** The bytes that the hash is over. */
  linesText: z.string(),
  lines: z.array(
    z.strictObject({
      index: z.int(),
      line: InvoiceLine,
      /** Of a metered line: the daily record when this package was made, and what earlier packages had billed of it. */
      record: z.optional(
        z.strictObject({
          at: Sums,
          billedBefore: Sums,
          tree: Tree,
          treeBefore: z.optional(TreeBefore),
        }),
      ),
    }),
  ),
});
export type Explanation = z.infer<typeof Explanation>;

/** From one line to the events in the ledger that it adds, with the proof that each is a leaf of the line's tree. */
export const LineExplanation = z.strictObject({
  id: z.string(),
  line: z.int(),
  tree: Tree,
  events: z.array(
    z.strictObject({
      /** The bytes of the leaf: the event as it lies in the ledger. */
      text: z.string(),
      /** The batch of the ledger that holds it. */
      batch: z.string(),
      /** Its place among the leaves of the tree, the first being 0. */
      index: z.int(),
      /** The events sum up to the line, signed by this. */
      sign: z.enum(['+', '-']),
      /** From the leaf to the root. */
      proof: z.array(z.strictObject({ side: z.enum(['left', 'right']), hash: z.string() })),
    }),
  ),
  nextCursor: z.optional(z.string()),
});
export type LineExplanation = z.infer<typeof LineExplanation>;
