import type { LedgerEvent } from '#shared/domain/ledger-event.ts';
import { shareOf, stepShareOf } from '#shared/domain/money.ts';

/**
 * An outbox entry, as a script writes it: a line `<recorded at, ms> <outcome>...`, and a line for each outcome with
 * the JSON of its event as far as its sender knew it. An outcome is what only the script could decide, in the order
 * of `DECIDED`, separated by commas; or `-` where the event did not come to pass. So the script handles the events of
 * many charges as one text. Entries are joined by line feeds.
 */

const DECIDED = {
  opening: ['balanceMicros'],
  top_up: ['balanceMicros'],
  adjustment: ['balanceMicros'],
  reversal: ['balanceMicros', 'amountMicros', 'reversedMicros'],
  /** The amount where less than asked for was granted. */
  charge: ['balanceMicros', 'amountMicros'],
  hold: ['balanceMicros', 'heldMicros', 'expiresAtMs'],
  capture: ['balanceMicros', 'heldMicros', 'amountMicros', 'releasedMicros'],
  release: ['balanceMicros', 'heldMicros', 'amountMicros', 'currency'],
  expiry: ['balanceMicros', 'heldMicros'],
  extension: ['balanceMicros', 'heldMicros', 'expiresAtMs', 'currency'],
  terms: ['balanceMicros', 'status', 'creditLimitMicros', 'currency'],
  usage: [],
} as const satisfies { readonly [Kind in LedgerEvent['kind']]: readonly string[] };

/** Decided by the script, yet in the head too: what was asked for or, of a reversal, was charged. */
type Asked = { charge: 'amountMicros'; capture: 'amountMicros'; reversal: 'amountMicros' };

type UnrecordedOf<E extends LedgerEvent> = Omit<
  E,
  | 'recordedAtMs'
  | Exclude<
      (typeof DECIDED)[E['kind']][number],
      E['kind'] extends keyof Asked ? Asked[E['kind']] : never
    >
>;

/** An event as far as its sender knows it. */
export type UnrecordedEvent = LedgerEvent extends infer E
  ? E extends LedgerEvent
    ? UnrecordedOf<E>
    : never
  : never;

/** The line of an event in an outbox entry. Every charge pays for this: events are flat, and a loop is faster than a replacer. */
export function encodeHead(event: UnrecordedEvent): string {
  const head: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(event)) {
    head[name] = typeof value === 'bigint' ? value.toString() : value;
  }
  return JSON.stringify(head);
}

/** More bytes of JSON than an event gains when it is read from its entry. */
export const MAX_DECIDED_BYTES = 150;

const MISSING = '-';

/** The events of entries, as a `SealedBatch` has them on the wire. The same text always gives the same events. */
export function readEntries(text: string): Record<string, unknown>[] {
  const lines = text.split('\n');
  const events: Record<string, unknown>[] = [];
  for (let index = 0; index < lines.length; ) {
    const [recordedAt, ...outcomes] = (lines[index++] as string).split(' ');
    for (const outcome of outcomes) {
      const head = lines[index++] as string;
      if (outcome !== MISSING) events.push(toEvent(head, Number(recordedAt), outcome));
    }
  }
  return events;
}

function toEvent(head: string, recordedAtMs: number, outcome: string): Record<string, unknown> {
  const event = JSON.parse(head) as Record<string, unknown> & { kind: LedgerEvent['kind'] };
  const asked = event.amountMicros;
  const values = outcome.split(',');
  const names: readonly string[] = DECIDED[event.kind];
  const decided = names.flatMap((name, index): [string, unknown][] => {
    const value = values[index];
    if (value === undefined) return [];
    return [[name, name.endsWith('Ms') ? Number(value) : value]];
  });
  const recorded: Record<string, unknown> = {
    ...event,
    recordedAtMs,
    ...Object.fromEntries(decided),
  };
  if ('quantityMicros' in event && recorded.amountMicros !== asked) {
    recorded.quantityMicros = quantityOf(event, recorded).toString();
  }
  return recorded;
}

/** Where less than the whole amount was charged or given back, the quantity is less in proportion. */
function quantityOf(head: Record<string, unknown>, recorded: Record<string, unknown>): bigint {
  const micros = (value: unknown) => BigInt(value as string);
  const [quantity, whole] = [micros(head.quantityMicros), micros(head.amountMicros)];
  const part = micros(recorded.amountMicros);
  return recorded.reversedMicros === undefined
    ? shareOf(quantity, part, whole)
    : stepShareOf(quantity, part, micros(recorded.reversedMicros), whole);
}
