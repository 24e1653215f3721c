import * as z from 'zod/mini';
import { toExactJson } from '#shared/domain/exact-json.ts';
import type { LedgerEvent } from '#shared/domain/ledger-event.ts';
import * as field from './fields.ts';

const base = {
  id: z.string(),
  client: field.client,
  currency: z.string().check(z.regex(/^[A-Z]{3}$/)),
  amountMicros: field.micros,
  occurredAtMs: z.number(),
  recordedAtMs: z.number(),
};
const metered = { meter: field.meter, quantityMicros: field.micros, day: field.day };

const Event = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.enum(['opening', 'top_up', 'adjustment']),
    ...base,
    balanceMicros: field.micros,
  }),
  z.strictObject({ kind: z.literal('charge'), ...base, ...metered, balanceMicros: field.micros }),
  z.strictObject({ kind: z.literal('usage'), ...base, ...metered, origin: z.string() }),
]);

/** The message on the consumption queue: one immutable batch of events of one shard. Its id is a ULID. */
export const SealedBatch = z.strictObject({
  batch: z.string().check(z.regex(/^[0-9A-HJKMNP-TV-Z]{26}$/)),
  shard: z.int().check(z.gte(0), z.lte(999)),
  events: z.array(Event).check(z.minLength(1)),
});

export interface SealedBatch {
  readonly batch: string;
  readonly shard: number;
  readonly events: readonly LedgerEvent[];
}

/** Most events in one batch, and most bytes of their JSON: with its envelope a batch stays under the 256 KiB of a queue message. */
export const MAX_BATCH_EVENTS = 1_000;
export const MAX_BATCH_BYTES = 240_000;

type Recorded = 'recordedAtMs' | 'balanceMicros';
export type UnrecordedEvent = LedgerEvent extends infer E
  ? E extends LedgerEvent
    ? Omit<E, Recorded>
    : never
  : never;

/** The events of a batch as JSON, for the ledger. Reads back with `decodeEvents`. */
export function encodeEvents(events: readonly (LedgerEvent | UnrecordedEvent)[]): string {
  return toExactJson(events);
}

/**
 * The JSON of an event without its closing brace: the script that records it appends what only Redis
 * knows, `recordedAtMs` and for a change of a balance `balanceMicros`.
 */
export function encodeEventHead(event: UnrecordedEvent): string {
  return encodeEvents([event]).slice(1, -2);
}

const Events = z.array(Event);

export function decodeEvents(json: string): LedgerEvent[] {
  return Events.parse(JSON.parse(json));
}
