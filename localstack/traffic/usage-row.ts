import * as z from 'zod/mini';
import * as field from '#shared/contracts/fields.ts';

/** One metered event of a traffic file or of the generator, ready to be sent as usage or as a charge. */
export interface UsageRow {
  readonly id: string;
  /** The `source` of a CloudEvent, with which its id is unique. Absent where the file names none. */
  readonly source?: string;
  readonly client: string;
  readonly meter: string;
  /** Decimal text of at most six decimals, as `parseMicros` reads it. */
  readonly quantity: string;
  /** RFC 3339, UTC. */
  readonly occurredAt: string;
  readonly amount?: string;
  readonly currency?: string;
  /** Where the row begins in its file, from 1. */
  readonly line: number;
}

/** What became of one line (or of one quoted record over several lines). A line gives all its rows or none. */
export type Reading =
  | { readonly type: 'rows'; readonly line: number; readonly rows: readonly UsageRow[] }
  | { readonly type: 'filtered'; readonly line: number }
  | { readonly type: 'malformed'; readonly line: number; readonly reason: string };

export function malformed(line: number, reason: string): Reading {
  return { type: 'malformed', line, reason };
}

/** A file, a mapping or a setting that cannot be used at all; its message is a plain sentence for the person who gave it. */
export class TrafficFileError extends Error {
  override readonly name = 'TrafficFileError';
}

// In the order of blame: an id may be made from the meter, so its fault would hide the meter's.
const RowFields = z.object({
  client: field.client,
  meter: field.meter,
  id: field.id,
  source: z.optional(field.id),
  quantity: field.quantity,
  amount: z.optional(field.amount),
  currency: z.optional(field.currency),
});

/**
 * Why the ingestion API would refuse these fields, or undefined where it would take them. The contract's own
 * schemas decide, so that a file that passes here is not refused half way through a replay.
 */
export function faultOf(fields: Omit<UsageRow, 'line' | 'occurredAt'>): string | undefined {
  if ((fields.amount === undefined) !== (fields.currency === undefined)) {
    return 'amount and currency must be given together or not at all';
  }
  const parsed = RowFields.safeParse(fields);
  if (parsed.success) return undefined;
  const issue = parsed.error.issues[0];
  const name = String(issue?.path[0]) as keyof typeof fields;
  return `${name} ${issue?.message}, not ${shown(fields[name])}`;
}

/** A value for a message: quoted and cut to a length that fits a line. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}…"` : text;
}
