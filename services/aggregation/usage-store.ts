import { randomUUID } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { DeleteCommand, PutCommand, paginateQuery } from '@aws-sdk/lib-dynamodb';
import pMap from 'p-map';
import { type Day, daysOf, type HalfMonth } from '#shared/domain/billing-period.ts';
import type { Hash } from '#shared/domain/merkle.ts';
import { shardName } from '#shared/domain/shard.ts';
import type { DailyRecord, Source, UsageKey, UsageSum } from '#shared/domain/usage.ts';
import type { Fold, KeptDelta, UsageDelta } from '#shared/domain/usage-tree.ts';
import {
  type Dynamo,
  isConditionFailure,
  putItems,
  queryItems,
  scanItems,
} from '#shared/platform/dynamo.ts';

/**
 * Owns the usage table: deltas, folds and which of them are announced, dirty marks, daily records, usage marks and the half
 * months that have any.
 *
 * A mark says that there is something to do. It is written after what it announces, with a value that never
 * comes back, and removed by whoever did the work only if its value is still the one read before the work.
 */
export interface UsageStore {
  readonly dynamo: Dynamo;
  readonly table: string;
}

export interface Mark {
  /** The day of a dirty mark, the client of a usage mark. */
  readonly of: string;
  readonly value: string;
}

interface SumItem {
  readonly client: string;
  readonly day: Day;
  readonly meter: string;
  readonly currency: string;
  readonly source: Source;
  readonly events: bigint;
  readonly quantityMicros: bigint;
  readonly amountMicros: bigint;
  /** The root over the events of a delta; of a daily record, over those of its deltas. */
  readonly root?: Uint8Array;
}

interface DeltaItem extends SumItem {
  readonly sk: string;
  readonly batchDeltas?: bigint;
}

interface FoldItem {
  readonly sk: string;
  /** Batch ids, one after the other, gzip. */
  readonly batches: Uint8Array;
}

function deltaPartition(day: Day, shard: number): string {
  return `DELTA#${day}#${shardName(shard)}`;
}

/** All deltas of a key on its day; the batch follows. */
function deltaPrefix({ client, meter, currency, source }: UsageKey): string {
  return `${client}#${meter}#${currency}#${source}#`;
}

function foldPartition(day: Day, shard: number): string {
  return `FOLD#${day}#${shardName(shard)}`;
}

function announcedPartition(shard: number): string {
  return `ANNOUNCED#${shardName(shard)}`;
}

function dirtyPartition(shard: number): string {
  return `DIRTY#${shardName(shard)}`;
}

function usageMarkPartition(period: HalfMonth, shard: number): string {
  return `USAGE#${period}#${shardName(shard)}`;
}

const COUNTS_AT_ONCE = 32;

const PERIODS_PARTITION = 'PERIODS';
/** Marks of the half months in which usage marks are. */
const MARKED_PARTITION = 'MARKED';

/** Puts the deltas of one batch, immutable and keyed by it: putting them again writes the same bytes. */
export async function putDeltas(
  store: UsageStore,
  shard: number,
  batch: string,
  deltas: readonly UsageDelta[],
): Promise<void> {
  await putItems(
    store.dynamo,
    store.table,
    deltas.map((delta) => ({
      pk: deltaPartition(delta.day, shard),
      sk: `${deltaPrefix(delta)}${batch}`,
      ...delta,
      ...rootAttribute(delta.root),
    })),
  );
}

export async function markDirty(
  store: UsageStore,
  shard: number,
  days: readonly Day[],
): Promise<void> {
  await putMarks(store, dirtyPartition(shard), days);
}

export async function readDirtyMarks(store: UsageStore, shard: number): Promise<Mark[]> {
  return Array.fromAsync(readMarks(store, dirtyPartition(shard)));
}

export async function clearDirtyMark(store: UsageStore, shard: number, mark: Mark): Promise<void> {
  await clearMark(store, dirtyPartition(shard), mark);
}

/** The deltas of a day of a shard, or of one key in it. */
export async function* readDeltas(
  store: UsageStore,
  day: Day,
  shard: number,
  key?: UsageKey,
): AsyncGenerator<KeptDelta> {
  const items = queryItems<DeltaItem>(store.dynamo, {
    TableName: store.table,
    ConsistentRead: true,
    KeyConditionExpression: key ? 'pk = :pk AND begins_with(sk, :key)' : 'pk = :pk',
    ExpressionAttributeValues: {
      ':pk': deltaPartition(day, shard),
      ...(key && { ':key': deltaPrefix(key) }),
    },
  });
  for await (const item of items) yield toDelta(item);
}

const FOLD_DIGITS = 6;
/** A fold of so many ids, 14 bytes each when compressed, takes a third of an item. */
export const MAX_FOLD_BATCHES = 10_000;

/** Says for ever which batches a fold of a day holds; false where another roll-up has put a fold of this number. */
export async function putFold(
  store: UsageStore,
  day: Day,
  shard: number,
  { n, batches }: Fold,
): Promise<boolean> {
  try {
    await store.dynamo.send(
      new PutCommand({
        TableName: store.table,
        Item: {
          pk: foldPartition(day, shard),
          sk: String(n).padStart(FOLD_DIGITS, '0'),
          batches: gzipSync(batches.join('')),
        },
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    );
    return true;
  } catch (error) {
    if (isConditionFailure(error)) return false;
    throw error;
  }
}

/** The folds of a day of a shard, the first one first. */
export async function readFolds(store: UsageStore, day: Day, shard: number): Promise<Fold[]> {
  const items = queryItems<FoldItem>(store.dynamo, {
    TableName: store.table,
    ConsistentRead: true,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': foldPartition(day, shard) },
  });
  return (await Array.fromAsync(items)).map(toFold);
}

/** The number of the last fold of a day whose clients are all marked; 0 before the first. */
export async function readAnnounced(store: UsageStore, day: Day, shard: number): Promise<number> {
  const [item] = await Array.fromAsync(
    queryItems<{ n: bigint }>(store.dynamo, {
      TableName: store.table,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk AND sk = :day',
      ExpressionAttributeValues: { ':pk': announcedPartition(shard), ':day': day },
    }),
  );
  return Number(item?.n ?? 0);
}

/** Says that the clients of all folds up to `n` are marked. A slow roll-up cannot put back a lower number. */
export async function putAnnounced(
  store: UsageStore,
  day: Day,
  shard: number,
  n: number,
): Promise<void> {
  try {
    await store.dynamo.send(
      new PutCommand({
        TableName: store.table,
        Item: { pk: announcedPartition(shard), sk: day, n },
        ConditionExpression: 'attribute_not_exists(pk) OR n < :n',
        ExpressionAttributeValues: { ':n': n },
      }),
    );
  } catch (error) {
    if (!isConditionFailure(error)) throw error;
  }
}

/**
 * Puts a daily record unless a fuller one is there: deltas are only ever added, so the fold of more events is
 * the newer one, and a slow roll-up cannot put back an older fold.
 */
export async function putDailyRecord(store: UsageStore, record: DailyRecord): Promise<void> {
  const { tree, ...sum } = record;
  try {
    await store.dynamo.send(
      new PutCommand({
        TableName: store.table,
        Item: {
          pk: `CLIENT#${sum.client}`,
          sk: `DAY#${sum.day}#${sum.meter}#${sum.currency}#${sum.source}`,
          ...sum,
          ...rootAttribute(tree?.root),
        },
        ConditionExpression: 'attribute_not_exists(pk) OR events < :events',
        ExpressionAttributeValues: { ':events': sum.events },
      }),
    );
  } catch (error) {
    if (!isConditionFailure(error)) throw error;
  }
}

/** The daily records of a client on the days of a half month. */
export async function* readDailyRecords(
  store: UsageStore,
  client: string,
  period: HalfMonth,
): AsyncGenerator<DailyRecord> {
  const { start, end } = daysOf(period);
  const items = queryItems<SumItem>(store.dynamo, {
    TableName: store.table,
    ConsistentRead: true,
    KeyConditionExpression: 'pk = :pk AND sk BETWEEN :start AND :end',
    ExpressionAttributeValues: {
      ':pk': `CLIENT#${client}`,
      // Every key of a day goes on after it, so the bare end is beyond the last day of the interval.
      ':start': `DAY#${start}`,
      ':end': `DAY#${end}`,
    },
  });
  for await (const item of items) yield toDailyRecord(item);
}

/** Says that these clients have something to package for a half month. */
export async function markUsage(
  store: UsageStore,
  shard: number,
  period: HalfMonth,
  clients: readonly string[],
): Promise<void> {
  await putItems(store.dynamo, store.table, [{ pk: PERIODS_PARTITION, sk: period }]);
  await putMarks(store, usageMarkPartition(period, shard), clients);
  await putMarks(store, MARKED_PARTITION, [period]);
}

/** The half months in which clients may be marked. Written before there were these marks, the latest may be missing. */
export async function readMarkedPeriods(store: UsageStore): Promise<Mark[]> {
  return Array.fromAsync(readMarks(store, MARKED_PARTITION));
}

/** Of a half month in which no client was marked, read after its mark. */
export async function clearMarkedPeriod(store: UsageStore, mark: Mark): Promise<void> {
  await clearMark(store, MARKED_PARTITION, mark);
}

/** Half months that ever had usage, oldest first. */
export async function readPeriods(store: UsageStore): Promise<HalfMonth[]> {
  const items = await Array.fromAsync(
    queryItems<{ sk: string }>(store.dynamo, {
      TableName: store.table,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': PERIODS_PARTITION },
    }),
  );
  return items.map((item) => item.sk);
}

/** The usage marks of a shard, by client, from the first client at or after `from` up to but without `to`. */
export async function* readUsageMarks(
  store: UsageStore,
  period: HalfMonth,
  shard: number,
  range: { readonly from?: string; readonly to?: string } = {},
): AsyncGenerator<Mark> {
  for await (const mark of readMarks(store, usageMarkPartition(period, shard), range.from)) {
    if (range.to !== undefined && mark.of >= range.to) return;
    yield mark;
  }
}

/** How many clients have something to package for a half month. */
export async function countUsageMarks(
  store: UsageStore,
  period: HalfMonth,
  shards: number,
): Promise<number> {
  const counts = await pMap(
    Array.from({ length: shards }, (_, shard) => shard),
    async (shard) => {
      let count = 0;
      const input = {
        TableName: store.table,
        Select: 'COUNT' as const,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': usageMarkPartition(period, shard) },
      };
      for await (const page of paginateQuery({ client: store.dynamo }, input)) {
        count += page.Count ?? 0;
      }
      return count;
    },
    { concurrency: COUNTS_AT_ONCE },
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

export async function clearUsageMark(
  store: UsageStore,
  period: HalfMonth,
  shard: number,
  mark: Mark,
): Promise<void> {
  await clearMark(store, usageMarkPartition(period, shard), mark);
}

export type UsageItem =
  | { readonly type: 'delta'; readonly shard: string; readonly sum: KeptDelta }
  | { readonly type: 'fold'; readonly shard: string; readonly day: Day; readonly fold: Fold }
  | { readonly type: 'daily'; readonly sum: DailyRecord }
  /** A day of a shard that is still to be folded. */
  | { readonly type: 'dirty'; readonly shard: string; readonly day: Day }
  /** A client with usage that is still to be packaged. */
  | { readonly type: 'unpackaged'; readonly period: HalfMonth; readonly client: string };

/** Everything in the table, in no order, for audits. */
export async function* readAllUsage(store: UsageStore): AsyncGenerator<UsageItem> {
  const items = scanItems<DeltaItem & FoldItem & { pk: string }>(store.dynamo, {
    TableName: store.table,
    ConsistentRead: true,
  });
  for await (const item of items) {
    const [kind, first, second] = item.pk.split('#') as [string, string, string];
    if (kind === 'DELTA') yield { type: 'delta', shard: second, sum: toDelta(item) };
    else if (kind === 'FOLD') yield { type: 'fold', shard: second, day: first, fold: toFold(item) };
    else if (kind === 'CLIENT') yield { type: 'daily', sum: toDailyRecord(item) };
    else if (kind === 'DIRTY') yield { type: 'dirty', shard: first, day: item.sk };
    else if (kind === 'USAGE') yield { type: 'unpackaged', period: first, client: item.sk };
    else if (![PERIODS_PARTITION, MARKED_PARTITION, 'ANNOUNCED'].includes(kind))
      throw new Error(`unknown item ${item.pk} ${second}`);
  }
}

async function putMarks(store: UsageStore, pk: string, keys: readonly string[]): Promise<void> {
  await putItems(
    store.dynamo,
    store.table,
    keys.map((sk) => ({ pk, sk, mark: randomUUID() })),
  );
}

async function* readMarks(store: UsageStore, pk: string, from?: string): AsyncGenerator<Mark> {
  const items = queryItems<{ sk: string; mark: string }>(store.dynamo, {
    TableName: store.table,
    ConsistentRead: true,
    KeyConditionExpression: from ? 'pk = :pk AND sk >= :from' : 'pk = :pk',
    ExpressionAttributeValues: { ':pk': pk, ...(from && { ':from': from }) },
  });
  for await (const item of items) yield { of: item.sk, value: item.mark };
}

async function clearMark(store: UsageStore, pk: string, mark: Mark): Promise<void> {
  try {
    await store.dynamo.send(
      new DeleteCommand({
        TableName: store.table,
        Key: { pk, sk: mark.of },
        ConditionExpression: 'mark = :mark',
        ExpressionAttributeValues: { ':mark': mark.value },
      }),
    );
  } catch (error) {
    if (!isConditionFailure(error)) throw error;
  }
}

function toSum(item: SumItem): UsageSum {
  const { client, day, meter, currency, source, events, quantityMicros, amountMicros } = item;
  return {
    client,
    day,
    meter,
    currency,
    source,
    events: Number(events),
    quantityMicros,
    amountMicros,
  };
}

function toDailyRecord(item: SumItem): DailyRecord {
  const sum = toSum(item);
  const root = toRoot(item);
  return { ...sum, ...(root && { tree: { size: sum.events, root } }) };
}

function rootAttribute(root: Hash | undefined) {
  return root && { root: Buffer.from(root, 'hex') };
}

function toRoot({ root }: SumItem): Hash | undefined {
  return root && Buffer.from(root).toString('hex');
}

function toDelta(item: DeltaItem): KeptDelta {
  return {
    ...toSum(item),
    root: toRoot(item),
    batchDeltas: Number(item.batchDeltas ?? 0),
    batch: item.sk.slice(item.sk.lastIndexOf('#') + 1),
  };
}

const BATCH_ID = /.{26}/g;

function toFold(item: FoldItem): Fold {
  const ids = gunzipSync(item.batches).toString('latin1');
  return { n: Number(item.sk), batches: ids.match(BATCH_ID) ?? [] };
}
