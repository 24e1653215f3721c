import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import {
  decodeEvents,
  decodeKeptEvents,
  encodeEvent,
  joinEvents,
  type KeptEvent,
  type SealedBatch,
} from '#shared/contracts/sealed-batch.ts';
import type { LedgerEvent } from '#shared/domain/ledger-event.ts';
import { shardName } from '#shared/domain/shard.ts';
import { type Dynamo, isConditionFailure, queryItems, scanItems } from '#shared/platform/dynamo.ts';

/** Owns the ledger table: every event of every batch, immutable. */
export interface LedgerStore {
  readonly dynamo: Dynamo;
  readonly table: string;
}

/** What lies in the ledger is not what was kept. */
export class DamagedBatchError extends Error {
  constructor(batch: string) {
    super(`ledger batch ${batch} fails its checksum`);
    this.name = 'DamagedBatchError';
  }
}

interface LedgerItem {
  readonly pk: string;
  readonly sk: string;
  readonly count: bigint;
  /** SHA-256 of the uncompressed JSON, hexadecimal. */
  readonly checksum: string;
  /** JSON array of the events, gzip. */
  readonly events: Uint8Array;
}

function partitionOf(shard: number): string {
  return `LEDGER#${shardName(shard)}`;
}

function keyOf(shard: number, batch: string) {
  return { pk: partitionOf(shard), sk: batch };
}

/**
 * Keeps a batch. Keeping the same batch again changes nothing. Returns the texts of its events as they lie in the
 * ledger; undefined where its id holds other events.
 */
export async function keepBatch(
  store: LedgerStore,
  batch: SealedBatch,
): Promise<readonly string[] | undefined> {
  const texts = batch.events.map(encodeEvent);
  const json = joinEvents(texts);
  const checksum = createHash('sha256').update(json).digest('hex');
  try {
    await store.dynamo.send(
      new PutCommand({
        TableName: store.table,
        Item: {
          ...keyOf(batch.shard, batch.batch),
          count: batch.events.length,
          checksum,
          events: gzipSync(json),
        },
        ConditionExpression: 'attribute_not_exists(pk) OR checksum = :checksum',
        ExpressionAttributeValues: { ':checksum': checksum },
      }),
    );
    return texts;
  } catch (error) {
    if (isConditionFailure(error)) return textsOfSame(store, batch);
    throw error;
  }
}

/** The same events may have other bytes: another version of the contract may write them in another order. */
async function textsOfSame(store: LedgerStore, { batch, shard, events }: SealedBatch) {
  const kept = (await readBatch(store, shard, batch)) ?? [];
  const isSame = isDeepStrictEqual(
    kept.map(({ event }) => event),
    events,
  );
  return isSame ? kept.map(({ text }) => text) : undefined;
}

/** The events of one batch; undefined where there is none of this id. Throws `DamagedBatchError`. */
export async function readBatch(
  store: LedgerStore,
  shard: number,
  batch: string,
): Promise<KeptEvent[] | undefined> {
  const { Item } = await store.dynamo.send(
    new GetCommand({
      TableName: store.table,
      Key: keyOf(shard, batch),
      ConsistentRead: true,
    }),
  );
  return Item && decodeKeptEvents(readJson(Item as LedgerItem));
}

/** Whether the ledger has anything of a shard. */
export async function hasBatches(store: LedgerStore, shard: number): Promise<boolean> {
  const { Count } = await store.dynamo.send(
    new QueryCommand({
      TableName: store.table,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': partitionOf(shard) },
      ProjectionExpression: 'pk',
      Limit: 1,
    }),
  );
  return (Count ?? 0) > 0;
}

/** The events of each batch of a shard, the oldest batch first by its id. Throws where a batch is not what was kept. */
export async function* readShard(
  store: LedgerStore,
  shard: number,
): AsyncGenerator<readonly LedgerEvent[]> {
  const items = queryItems<LedgerItem>(store.dynamo, {
    TableName: store.table,
    ConsistentRead: true,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': partitionOf(shard) },
  });
  for await (const item of items) yield readEvents(item);
}

/** All events of the ledger, batch by batch in no order. Throws where a batch is not what was kept. */
export async function* readLedger(store: LedgerStore): AsyncGenerator<LedgerEvent> {
  const items = scanItems<LedgerItem>(store.dynamo, {
    TableName: store.table,
    ConsistentRead: true,
  });
  for await (const item of items) yield* readEvents(item);
}

function readEvents(item: LedgerItem): LedgerEvent[] {
  return decodeEvents(readJson(item));
}

function readJson(item: LedgerItem): string {
  const json = gunzipSync(item.events).toString('utf8');
  const checksum = createHash('sha256').update(json).digest('hex');
  if (checksum !== item.checksum) throw new DamagedBatchError(item.sk);
  return json;
}
