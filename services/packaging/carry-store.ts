import type { CarryOver } from '#shared/domain/carry-over.ts';
import { shardName } from '#shared/domain/shard.ts';
import { type Dynamo, queryItems } from '#shared/platform/dynamo.ts';

/**
 * A carry mark lies beside the packages: what a package that is not sent leaves to the next one of its client and
 * currency. It is put with that package and removed with the one that takes it over, each in one transaction. Marks
 * lie by shard, as usage marks do, so that a chunk reads those of all its clients at once.
 */
export interface CarryMark extends CarryOver {
  readonly pk: string;
  readonly sk: string;
}

const CARRY = 'CARRY#';

export function isCarryMark(item: { readonly pk: string }): boolean {
  return item.pk.startsWith(CARRY);
}

export function toCarryMark(carry: CarryOver, shard: number): CarryMark {
  const { client, currency, from, amountMicros, paidMicros } = carry;
  return { ...carryKeyOf(carry, shard), client, currency, from, amountMicros, paidMicros };
}

export function carryKeyOf(
  { client, currency, from }: Pick<CarryOver, 'client' | 'currency' | 'from'>,
  shard: number,
) {
  return { pk: partitionOf(shard), sk: `${client}#${currency}#${from}` };
}

/** What is open for the clients from `first` to `last`, both included, of a shard. */
export function readCarries(
  store: { readonly dynamo: Dynamo; readonly table: string },
  shard: number,
  first: string,
  last = first,
): Promise<CarryMark[]> {
  return Array.fromAsync(
    queryItems<CarryMark>(store.dynamo, {
      TableName: store.table,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk AND sk BETWEEN :first AND :last',
      ExpressionAttributeValues: {
        ':pk': partitionOf(shard),
        ':first': `${first}#`,
        // Comes after `#`, which follows every client, and before whatever may continue a name.
        ':last': `${last}$`,
      },
    }),
  );
}

function partitionOf(shard: number): string {
  return `${CARRY}${shardName(shard)}`;
}
