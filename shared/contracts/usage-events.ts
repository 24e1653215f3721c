import * as z from 'zod/mini';
import { MAX_QUANTITY_MICROS, parseMicros } from '#shared/domain/money.ts';
import * as field from './fields.ts';

/** JSON numbers are doubles: up to 15 digits they are what was written, beyond that nobody knows. */
const isExactNumber = (value: number) =>
  /^\d+(\.\d{1,6})?$/.test(String(value)) && String(value).replace('.', '').length <= 15;

const MAX_QUANTITY = Number(MAX_QUANTITY_MICROS / 1_000_000n);

const quantity = z.union(
  [
    field.quantity,
    z.pipe(
      z.number().check(z.gte(0), z.lte(MAX_QUANTITY), z.refine(isExactNumber)),
      z.transform((value) => parseMicros(String(value)) as bigint),
    ),
  ],
  {
    error: `must be zero or more with at most 6 decimals, at most ${MAX_QUANTITY}; send one of over 15 digits as a string`,
  },
);

/**
 * One usage event: a CloudEvent 1.0 whose subject is the client. `source` and `id` together are unique
 * for a client. Without `amount` and `currency` it is rated by the price list.
 */
export const UsageCloudEvent = z.strictObject({
  specversion: z.literal('1.0'),
  id: field.id,
  source: field.id,
  type: z.string().check(z.minLength(1), z.maxLength(255)),
  subject: field.client,
  time: z.optional(field.time),
  datacontenttype: z.optional(z.literal('application/json')),
  dataschema: z.optional(z.string().check(z.maxLength(2048))),
  traceparent: z.optional(z.string().check(z.maxLength(255))),
  tracestate: z.optional(z.string().check(z.maxLength(1024))),
  data: z
    .strictObject({
      meter: field.meter,
      quantity,
      amount: z.optional(field.amount),
      currency: z.optional(field.currency),
    })
    .check(
      z.refine((data) => (data.amount === undefined) === (data.currency === undefined), {
        error: 'amount and currency must be given together or not at all',
      }),
    ),
});
export type UsageCloudEvent = z.infer<typeof UsageCloudEvent>;

export const MAX_USAGE_EVENTS = 1_000;

/** A batch in the JSON batch format of CloudEvents. */
export const UsageBatch = z
  .array(UsageCloudEvent)
  .check(z.minLength(1), z.maxLength(MAX_USAGE_EVENTS));

export const UsageAnswer = z.strictObject({
  recorded: z.number(),
  duplicates: z.number(),
});
export type UsageAnswer = z.infer<typeof UsageAnswer>;
