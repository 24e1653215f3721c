import { randomUUID } from 'node:crypto';
import { DeleteCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { type Day, daysOf, type HalfMonth } from '#shared/domain/billing-period.ts';
import { shardName } from '#shared/domain/shard.ts';
import type { Source, UsageSum } from '#shared/domain/usage.ts';
import {
  type Dynamo,
  isConditionFailure,
  putItems,
  queryItems,
  scanItems,
} from '#shared/platform/dynamo.ts';

/**
 * Owns the usage table: deltas, dirty marks, daily records and usage marks.
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
}

function deltaPartition(day: Day, shard: number): string {
  return `DELTA#${day}#${shardName(shard)}`;
}

function dirtyPartition(shard: number): string {
  return `DIRTY#${shardName(shard)}`;
}

function usageMarkPartition(period: HalfMonth, shard: number): string {
  return `USAGE#${period}#${shardName(shard)}`;
}

const PERIODS_PARTITION = 'PERIODS';

/** Puts the deltas of one batch, immutable and keyed by it: putting them again writes the same bytes. */
export async function putDeltas(
  store: UsageStore,
  shard: number,
  batch: string,
  sums: readonly UsageSum[],
): Promise<void> {
  await putItems(
    store.dynamo,
    store.table,
    sums.map((sum) => ({
      pk: deltaPartition(sum.day, shard),
      sk: `${sum.client}#${sum.meter}#${sum.currency}#${sum.source}#${batch}`,
      ...sum,
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

export async function* readDeltas(
  store: UsageStore,
  day: Day,
  shard: number,
): AsyncGenerator<UsageSum> {
  const items = queryItems<SumItem>(store.dynamo, {
    TableName: store.table,
    ConsistentRead: true,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': deltaPartition(day, shard) },
  });
  for await (const item of items) yield toSum(item);
}

/**
 * Puts a daily record unless a fuller one is there: deltas are only ever added, so the fold of more events is
 * the newer one, and a slow roll-up cannot put back an older fold.
 */
export async function putDailyRecord(store: UsageStore, sum: UsageSum): Promise<void> {
  try {
    await store.dynamo.send(
      new PutCommand({
        TableName: store.table,
        Item: {
          pk: `CLIENT#${sum.client}`,
          sk: `DAY#${sum.day}#${sum.meter}#${sum.currency}#${sum.source}`,
          ...sum,
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
): AsyncGenerator<UsageSum> {
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
  for await (const item of items) yield toSum(item);
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

export async function clearUsageMark(
  store: UsageStore,
  period: HalfMonth,
  shard: number,
  mark: Mark,
): Promise<void> {
  await clearMark(store, usageMarkPartition(period, shard), mark);
}

export type UsageItem =
  | { readonly type: 'delta' | 'daily'; readonly sum: UsageSum }
  /** A day of a shard that is still to be folded. */
  | { readonly type: 'dirty'; readonly shard: string; readonly day: Day }
  /** A client with usage that is still to be packaged. */
  | { readonly type: 'unpackaged'; readonly period: HalfMonth; readonly client: string };

/** Everything in the table, in no order, for audits. */
export async function* readAllUsage(store: UsageStore): AsyncGenerator<UsageItem> {
  const items = scanItems<SumItem & { pk: string; sk: string }>(store.dynamo, {
    TableName: store.table,
    ConsistentRead: true,
  });
  for await (const item of items) {
    const [kind, first, second] = item.pk.split('#') as [string, string, string];
    if (kind === 'DELTA') yield { type: 'delta', sum: toSum(item) };
    else if (kind === 'CLIENT') yield { type: 'daily', sum: toSum(item) };
    else if (kind === 'DIRTY') yield { type: 'dirty', shard: first, day: item.sk };
    else if (kind === 'USAGE') yield { type: 'unpackaged', period: first, client: item.sk };
    else if (kind !== PERIODS_PARTITION) throw new Error(`unknown item ${item.pk} ${second}`);
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
