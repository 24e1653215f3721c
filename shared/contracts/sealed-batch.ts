import * as z from 'zod/mini';
import { toExactJson } from '#shared/domain/exact-json.ts';
import { ACCOUNT_STATUSES, type LedgerEvent } from '#shared/domain/ledger-event.ts';
import * as field from './fields.ts';

const base = {
  id: z.string(),
  client: field.client,
  currency: z.string().check(z.regex(/^[A-Z]{3}$/)),
  amountMicros: field.micros,
  occurredAtMs: z.number(),
  recordedAtMs: z.number(),
  fingerprint: z.optional(z.string()),
};
const metered = { meter: field.meter, quantityMicros: field.micros, day: field.day };
const afterChange = { balanceMicros: field.micros };
const afterHold = { ...afterChange, heldMicros: field.micros };

const Event = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('opening'), ...base, ...afterChange }),
  z.strictObject({ kind: z.literal('top_up'), ...base, ...afterChange }),
  z.strictObject({ kind: z.literal('adjustment'), ...base, ...afterChange }),
  z.strictObject({
    kind: z.literal('charge'),
    ...base,
    ...metered,
    ...afterChange,
    isUpTo: z.optional(z.literal(true)),
  }),
  z.strictObject({
    kind: z.literal('reversal'),
    ...base,
    ...metered,
    reversedKind: z.enum(['charge', 'capture']),
    reversedId: z.string(),
    reversedMicros: field.micros,
    ...afterChange,
  }),
  z.strictObject({ kind: z.literal('hold'), ...base, expiresAtMs: z.number(), ...afterHold }),
  z.strictObject({
    kind: z.literal('capture'),
    ...base,
    ...metered,
    holdId: z.string(),
    releasedMicros: field.micros,
    ...afterHold,
  }),
  z.strictObject({ kind: z.literal('release'), ...base, holdId: z.string(), ...afterHold }),
  z.strictObject({ kind: z.literal('expiry'), ...base, holdId: z.string(), ...afterHold }),
  z.strictObject({
    kind: z.literal('extension'),
    ...base,
    holdId: z.string(),
    expiresAtMs: z.number(),
    ...afterHold,
  }),
  z.strictObject({
    kind: z.literal('terms'),
    ...base,
    status: z.enum(ACCOUNT_STATUSES),
    creditLimitMicros: field.micros,
    ...afterChange,
  }),
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

/** The exact text of one event: what lies in the ledger, and what its leaf is the hash of. */
export function encodeEvent(event: LedgerEvent): string {
  return toExactJson(event);
}

/** The texts of the events of a batch as one JSON, for the ledger. Reads back with `decodeEvents`. */
export function joinEvents(texts: readonly string[]): string {
  return `[${texts.join(',')}]`;
}

export function encodeEvents(events: readonly LedgerEvent[]): string {
  return joinEvents(events.map(encodeEvent));
}

const Events = z.array(Event);

export function decodeEvents(json: string): LedgerEvent[] {
  return Events.parse(JSON.parse(json));
}

export interface KeptEvent {
  readonly text: string;
  readonly event: LedgerEvent;
}

/** Each event with the text that it has in the JSON: another version of the contract may have written it in another order. */
export function decodeKeptEvents(json: string): KeptEvent[] {
  const values = JSON.parse(json) as unknown[];
  const events = Events.parse(values);
  const texts = values.map((value) => JSON.stringify(value));
  if (joinEvents(texts) !== json) throw new Error('the texts of the events are not what was kept');
  return events.map((event, index) => ({ text: texts[index] as string, event }));
}
