import * as z from 'zod/mini';
import * as field from './fields.ts';
import { InvoiceLine } from './invoices.ts';

/**
 * The invoice API that Tollgate feeds: what its owner has to offer. The OpenAPI document in docs/ is made from this.
 *
 *   POST /invoices            Idempotency-Key: <invoice id>; 202 with the invoice, 400 or 422 for what it will never take,
 *                             429 with Retry-After. The same key and body again answers as the first time.
 *   GET  /invoices/{id}       200 with the invoice, 404 where it has none of this id.
 */
export const InvoiceSubmission = z.strictObject({
  id: z.string().check(z.minLength(1), z.maxLength(200)),
  client: field.client,
  period: z.string(),
  revision: z.int().check(z.gte(1)),
  currency: z.string(),
  /** The sum of the amounts of the lines. */
  total: z.string(),
  /**
   * How much of the total the client has paid from its prepaid balance already: the lines with the source prepaid or
   * reversal, and what lines that are carried over say. Due is `total` less `paid`.
   */
  paid: z.string(),
  lines: z.array(InvoiceLine).check(z.minLength(1)),
  /** SHA-256 in hex over the lines as Tollgate froze them: what its explanation of the invoice can be held to. */
  linesSha256: z.optional(z.string().check(z.regex(/^[0-9a-f]{64}$/))),
});
export type InvoiceSubmission = z.infer<typeof InvoiceSubmission>;

export const InvoiceStatus = z.object({
  id: z.string(),
  status: z.enum(['processing', 'accepted', 'rejected']),
  /** Why it was rejected, for a person. */
  reason: z.optional(z.string()),
});
export type InvoiceStatus = z.infer<typeof InvoiceStatus>;
