import { createHash } from 'node:crypto';
import { addDays, daysOf, type HalfMonth } from '#shared/domain/billing-period.ts';
import { shardOf } from '#shared/domain/shard.ts';
import type { DailyRecord } from '#shared/domain/usage.ts';
import { DAYS, METERS } from './plan.ts';

/** As many as a shard holds where 100,000 clients lie in 256 of them. */
const CLIENTS_PER_SHARD = 390;

/** What a client with its daily records and its package takes in the memory of the local cloud, as measured. */
export const CLIENT_BYTES = 180 * 1_024;

/** First halves of the months from January 2001 on: each measurement has one to itself, and so its own marks. */
export function periodOf(measurement: number): HalfMonth {
  const month = String((measurement % 12) + 1).padStart(2, '0');
  return `${2001 + Math.floor(measurement / 12)}-${month}-H1`;
}

export function* clientsOfRun(prefix: string, count: number): Generator<string> {
  for (let n = 0; n < count; n += 1) yield nameOf(prefix, n);
}

/** Clients that lie in as many shards as a chunk of so many has in a run over 100,000 clients. */
export function clientsOfChunk(prefix: string, count: number, shards: number): string[] {
  const used = Math.min(shards, Math.ceil(count / CLIENTS_PER_SHARD));
  const clients: string[] = [];
  for (let n = 0; clients.length < count; n += 1) {
    const client = nameOf(prefix, n);
    if (shardOf(client, shards) < used) clients.push(client);
  }
  return clients;
}

function nameOf(prefix: string, n: number): string {
  return `${prefix}-${String(n).padStart(6, '0')}`;
}

/** 15 days with 3 meters each, whose figures follow no pattern: packed, they take what real ones do. */
export function usageOf(client: string, period: HalfMonth): DailyRecord[] {
  const { start } = daysOf(period);
  return Array.from({ length: DAYS }, (_, day) =>
    METERS.map((meter): DailyRecord => {
      const figures = digestOf(`${client} ${day} ${meter}: figures`);
      const events = 1 + figures.readUInt16BE(0);
      return {
        client,
        day: addDays(start, day),
        meter,
        currency: 'EUR',
        source: 'postpaid',
        events,
        quantityMicros: BigInt(figures.readUInt32BE(2)),
        amountMicros: BigInt(figures.readUInt32BE(6)),
        tree: { size: events, root: digestOf(`${client} ${day} ${meter}`).toString('hex') },
      };
    }),
  ).flat();
}

/** As long and as little alike as roots of trees. */
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
