import { createHash, randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { encodeEvents, type SealedBatch } from '#shared/contracts/sealed-batch.ts';
import type { Day, HalfMonth } from '#shared/domain/billing-period.ts';
import type { AccountEvent } from '#shared/domain/ledger-event.ts';
import { shardName } from '#shared/domain/shard.ts';
import type { UsageSum } from '#shared/domain/usage.ts';
import type { Item } from '#shared/platform/dynamo.ts';

/** What aggregation stores, written out: other services start their tests from it, and its own tests hold it to it. */

const stored = (sum: UsageSum): Item => ({ ...sum, events: BigInt(sum.events) });

export function deltaItem(sum: UsageSum, shard: number, batch: string): Item {
  return {
    pk: `DELTA#${sum.day}#${shardName(shard)}`,
    sk: `${sum.client}#${sum.meter}#${sum.currency}#${sum.source}#${batch}`,
    ...stored(sum),
  };
}

export function dailyItem(sum: UsageSum): Item {
  return {
    pk: `CLIENT#${sum.client}`,
    sk: `DAY#${sum.day}#${sum.meter}#${sum.currency}#${sum.source}`,
    ...stored(sum),
  };
}

export function dirtyItem(shard: number, day: Day, mark: string = randomUUID()): Item {
  return { pk: `DIRTY#${shardName(shard)}`, sk: day, mark };
}

export function usageMarkItem(
  period: HalfMonth,
  shard: number,
  client: string,
  mark: string = randomUUID(),
): Item {
  return { pk: `USAGE#${period}#${shardName(shard)}`, sk: client, mark };
}

export function periodItem(period: HalfMonth): Item {
  return { pk: 'PERIODS', sk: period };
}

export function ledgerItem({ batch, shard, events }: SealedBatch): Item {
  const json = encodeEvents(events);
  return {
    pk: `LEDGER#${shardName(shard)}`,
    sk: batch,
    count: BigInt(events.length),
    checksum: createHash('sha256').update(json).digest('hex'),
    events: new Uint8Array(gzipSync(json)),
  };
}

/** The entries of each client of a batch. */
export function entryItems({ batch, events }: SealedBatch): Item[] {
  const changes = events.filter((event): event is AccountEvent => event.kind !== 'usage');
  return [...Map.groupBy(changes, ({ client }) => client)].map(([client, ofClient]) => ({
    pk: `CLIENT#${client}`,
    sk: `${String(ofClient[0]?.recordedAtMs).padStart(13, '0')}#${batch}`,
    events: new Uint8Array(gzipSync(encodeEvents(ofClient))),
  }));
}
