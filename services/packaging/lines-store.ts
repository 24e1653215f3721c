import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { HalfMonth } from '#shared/domain/billing-period.ts';
import { type Dynamo, queryItems } from '#shared/platform/dynamo.ts';
import { linesKeyOf, linesOfPeriod, type PackedLines } from './frozen-package.ts';
import type { InvoiceItem } from './invoice-item.ts';

interface LinesStore {
  readonly dynamo: Dynamo;
  readonly table: string;
}

/**
 * Puts the lines of a package; they have to be there before it is, so that whoever sees it finds them. A transaction
 * would cost twice as much. Where no package follows, because the process dies or another run was first, they stay
 * behind and nothing leads to them.
 */
export async function putLines({ dynamo, table }: LinesStore, packed: PackedLines): Promise<void> {
  await dynamo.send(new PutCommand({ TableName: table, Item: packed }));
}

export async function readLines(
  { dynamo, table }: LinesStore,
  item: InvoiceItem,
): Promise<PackedLines | undefined> {
  const { Item } = await dynamo.send(
    new GetCommand({ TableName: table, Key: linesKeyOf(item), ConsistentRead: true }),
  );
  return Item as PackedLines | undefined;
}

type Named = Parameters<typeof linesKeyOf>[0];

/** Finds the lines of packages of a client and half month. Read after the packages, it misses none. */
export async function readLinesOfPeriod(
  { dynamo, table }: LinesStore,
  client: string,
  period: HalfMonth,
): Promise<(item: Named) => PackedLines | undefined> {
  const found = await Array.fromAsync(
    queryItems<PackedLines>(dynamo, {
      TableName: table,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :lines)',
      ExpressionAttributeValues: { ':pk': `CLIENT#${client}`, ':lines': linesOfPeriod(period) },
    }),
  );
  const byKey = new Map(found.map((packed) => [packed.sk, packed]));
  return (item) => byKey.get(linesKeyOf(item).sk);
}
