import { randomUUID } from 'node:crypto';
import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import {
  connectDynamo,
  type Dynamo,
  type Item,
  putItems,
  scanItems,
} from '#shared/platform/dynamo.ts';

export interface OwnTable {
  readonly dynamo: Dynamo;
  readonly table: string;
  readonly put: (...items: readonly Item[]) => Promise<void>;
  /** All items, by key. */
  readonly items: <T extends Item>() => Promise<T[]>;
  readonly remove: () => Promise<void>;
}

/** An index of the template: its name, its partition key and its sort key. */
export type Index = readonly [name: string, partition: string, sort: string, sortType: 'S' | 'N'];

/** A table of the test's own at AWS_ENDPOINT_URL, with the keys `pk` and `sk` as in the template: the jobs of the deployed stack do not touch it. */
export async function createOwnTable(
  name: string,
  indexes: readonly Index[] = [],
): Promise<OwnTable> {
  const client = new DynamoDBClient({});
  const table = `test-${name}-${randomUUID()}`;
  const types = new Map<string, 'S' | 'N'>([
    ['pk', 'S'],
    ['sk', 'S'],
    ...indexes.flatMap(([, partition, sort, type]) => [
      [partition, 'S'] as const,
      [sort, type] as const,
    ]),
  ]);
  await client.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [...types].map(([AttributeName, AttributeType]) => ({
        AttributeName,
        AttributeType,
      })),
      KeySchema: keySchema('pk', 'sk'),
      ...(indexes.length > 0 && {
        GlobalSecondaryIndexes: indexes.map(([IndexName, partition, sort]) => ({
          IndexName,
          KeySchema: keySchema(partition, sort),
          Projection: { ProjectionType: 'KEYS_ONLY' as const },
        })),
      }),
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: 30, minDelay: 1 }, { TableName: table });
  const dynamo = connectDynamo(client);
  return {
    dynamo,
    table,
    put: (...items) => putItems(dynamo, table, items),
    async items<T extends Item>() {
      const found = await Array.fromAsync(
        scanItems<T>(dynamo, { TableName: table, ConsistentRead: true }),
      );
      return found.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
    },
    async remove() {
      await client.send(new DeleteTableCommand({ TableName: table }));
      client.destroy();
    },
  };
}

function keySchema(partition: string, sort: string) {
  return [
    { AttributeName: partition, KeyType: 'HASH' as const },
    { AttributeName: sort, KeyType: 'RANGE' as const },
  ];
}

function keyOf(item: Item): string {
  return `${item.pk} ${item.sk}`;
}
