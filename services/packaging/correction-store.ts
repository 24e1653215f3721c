import { GetCommand, QueryCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { HalfMonth } from '#shared/domain/billing-period.ts';
import type { InvoicePackage } from '#shared/domain/packaging.ts';
import { isOvertaken } from '#shared/platform/dynamo.ts';
import { type FrozenPackage, freezePackage } from './frozen-package.ts';
import {
  type HistoryEntry,
  type InvoiceItem,
  type invoiceKeyOf,
  statePartitionOf,
} from './invoice-item.ts';
import { putLines } from './lines-store.ts';
import { carriedToWrite, leavingWrites, type PackageStore } from './package-store.ts';

type InvoiceKey = ReturnType<typeof invoiceKeyOf>;

/** The item as it is now. */
export async function readPackage(
  { dynamo, table }: PackageStore,
  Key: InvoiceKey,
): Promise<InvoiceItem | undefined> {
  const { Item } = await dynamo.send(
    new GetCommand({ TableName: table, Key, ConsistentRead: true }),
  );
  return Item as InvoiceItem | undefined;
}

/** The first free revision of a client and half month. */
export async function readNextRevision(
  { dynamo, table }: PackageStore,
  client: string,
  period: HalfMonth,
): Promise<number> {
  const { Items = [] } = await dynamo.send(
    new QueryCommand({
      TableName: table,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :period)',
      ProjectionExpression: 'revision',
      ExpressionAttributeValues: { ':pk': `CLIENT#${client}`, ':period': `INVOICE#${period}#` },
      ScanIndexForward: false,
      Limit: 1,
    }),
  );
  return Number((Items[0] as Pick<InvoiceItem, 'revision'> | undefined)?.revision ?? 0) + 1;
}

/**
 * Puts `made` in the place of `old`, all or nothing: the new revision, the state of the old one, what it leaves, and
 * where that which it took over is now. Undefined where anything of it has changed since it was read.
 */
export async function putCorrection(
  store: PackageStore,
  shard: number,
  old: InvoiceItem,
  made: InvoicePackage,
  [before, after]: readonly [HistoryEntry, HistoryEntry],
  nowMs: number,
): Promise<FrozenPackage | undefined> {
  const { dynamo, table } = store;
  const { item, packed } = freezePackage(made, nowMs, [after]);
  const taken = made.lines.flatMap((line) => (line.kind === 'carry_over' ? line.from : []));
  const writes = [
    { Put: { TableName: table, Item: item, ConditionExpression: 'attribute_not_exists(pk)' } },
    { Update: { TableName: table, ...superseding(old, made.id, before, nowMs) } },
    ...taken.map((from) => carriedToWrite(table, from, made.id, nowMs, old.id)),
    ...leavingWrites(table, shard, made.leaves),
  ];
  await putLines(store, packed);
  try {
    await dynamo.send(new TransactWriteCommand({ TransactItems: writes }));
    return { item, packed };
  } catch (error) {
    if (isOvertaken(error)) return undefined;
    throw error;
  }
}

function superseding(old: InvoiceItem, by: string, entry: HistoryEntry, nowMs: number) {
  return {
    Key: { pk: old.pk, sk: old.sk },
    UpdateExpression: `SET #state = :superseded, statePartition = :partition, supersededBy = :by,
      updatedAtMs = :now, version = :next, history = list_append(history, :added)`,
    ConditionExpression: '#state = :parked AND version = :read',
    ExpressionAttributeNames: { '#state': 'state' },
    ExpressionAttributeValues: {
      ':superseded': 'superseded',
      ':partition': statePartitionOf('superseded', old.client),
      ':by': by,
      ':now': BigInt(nowMs),
      ':next': old.version + 1n,
      ':read': old.version,
      ':added': [entry],
      ':parked': 'parked',
    },
  };
}
