import type * as z from 'zod/mini';
import { UsageCloudEvent } from '#shared/contracts/usage-events.ts';
import { formatMicros } from '#shared/domain/money.ts';
import { tooLong } from './csv-records.ts';
import type { Line } from './lines.ts';
import { readRfc3339 } from './times.ts';
import { malformed, type Reading, shown } from './usage-row.ts';

/** One CloudEvent a line (NDJSON), as the ingestion API takes them. */
export async function* readCloudEvents(lines: AsyncIterable<Line>): AsyncGenerator<Reading> {
  for await (const line of lines) {
    if (line.isTooLong) yield malformed(line.number, tooLong());
    else if (line.text.trim() !== '') yield readCloudEvent(line.text, line.number);
  }
}

function readCloudEvent(text: string, line: number): Reading {
  let json: unknown;
  try {
    json = JSON.parse(text, keepDecimals as Parameters<typeof JSON.parse>[1]);
  } catch {
    return malformed(line, 'is not JSON');
  }
  const parsed = UsageCloudEvent.safeParse(json, { reportInput: true });
  if (!parsed.success) {
    return malformed(line, faultIn(parsed.error.issues[0]));
  }
  const { id, source, subject, data } = parsed.data;
  const { time } = json as { time?: string };
  if (time === undefined)
    return malformed(line, 'has no time, and a replay cannot know when it happened');
  const atMs = readRfc3339(time);
  if (atMs === undefined) return malformed(line, `time is not a time that exists: ${shown(time)}`);
  const row = {
    id,
    source,
    client: subject,
    meter: data.meter,
    quantity: formatMicros(data.quantity),
    ...(data.amount !== undefined && { amount: formatMicros(data.amount) }),
    ...(data.currency !== undefined && { currency: data.currency }),
    occurredAt: new Date(atMs).toISOString(),
    line,
  };
  return { type: 'rows', line, rows: [row] };
}

/** A quantity written as a JSON number keeps its digits: as a double, a long one would change on the way. */
function keepDecimals(key: string, value: unknown, context: { source?: string }): unknown {
  const isPlain = key === 'quantity' && /^\d+(\.\d+)?$/.test(context?.source ?? '');
  return isPlain && typeof value === 'number' ? context.source : value;
}

function faultIn(issue: z.core.$ZodIssue | undefined): string {
  const where = issue?.path.join('.') || 'the event';
  switch (issue?.code) {
    case 'unrecognized_keys':
      return `${where} has unknown fields: ${issue.keys.join(', ')}`;
    case 'invalid_value':
      return `${where} must be ${issue.values.map(shown).join(' or ')}, not ${shown(issue.input)}`;
    case 'custom':
      return `${where} ${issue.message}`;
  }
  if (issue?.input === undefined) return `${where} is missing`;
  const isTold = issue.message !== 'Invalid input';
  return `${where} ${isTold ? issue.message : 'is not what the contract asks for'}, not ${shown(issue.input)}`;
}
