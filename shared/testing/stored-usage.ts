import { createHash, randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { encodeEvents, type SealedBatch } from '#shared/contracts/sealed-batch.ts';
import type { Day, HalfMonth } from '#shared/domain/billing-period.ts';
import type { AccountEvent } from '#shared/domain/ledger-event.ts';
import { shardName } from '#shared/domain/shard.ts';
import type { DailyRecord, UsageSum } from '#shared/domain/usage.ts';
import type { Fold, UsageDelta } from '#shared/domain/usage-tree.ts';
import type { Item } from '#shared/platform/dynamo.ts';

/** What aggregation stores, written out: other services start their tests from it, and its own tests hold it to it. */

const stored = (sum: UsageSum): Item => ({ ...sum, events: BigInt(sum.events) });
const bytesOf = (root: string) => new Uint8Array(Buffer.from(root, 'hex'));

export function deltaItem(delta: UsageDelta, shard: number, batch: string): Item {
  const { root, batchDeltas, ...sum } = delta;
  return {
    pk: `DELTA#${sum.day}#${shardName(shard)}`,
    sk: `${sum.client}#${sum.meter}#${sum.currency}#${sum.source}#${batch}`,
    ...stored(sum),
    batchDeltas: BigInt(batchDeltas),
    ...(root !== undefined && { root: bytesOf(root) }),
  };
}

export function foldItem(day: Day, shard: number, { n, batches }: Fold): Item {
  return {
    pk: `FOLD#${day}#${shardName(shard)}`,
    sk: String(n).padStart(6, '0'),
    batches: new Uint8Array(gzipSync(batches.join(''))),
  };
}

export function dailyItem({ tree, ...sum }: DailyRecord): Item {
  return {
    pk: `CLIENT#${sum.client}`,
    sk: `DAY#${sum.day}#${sum.meter}#${sum.currency}#${sum.source}`,
    ...stored(sum),
    ...(tree && { root: bytesOf(tree.root) }),
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

export function markedPeriodItem(period: HalfMonth, mark: string = randomUUID()): Item {
  return { pk: 'MARKED', sk: period, mark };
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
