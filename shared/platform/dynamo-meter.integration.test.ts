import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createOwnTable, type OwnTable } from '#shared/testing/own-table.ts';
import { connectDynamo, putItems } from './dynamo.ts';
import { meterDynamo } from './dynamo-meter.ts';

let table: OwnTable;

beforeAll(async () => {
  table = await createOwnTable('meter');
});
afterAll(() => table.remove());

test('counts requests and units, from one taking to the next', async () => {
  const client = new DynamoDBClient({});
  const takeUse = meterDynamo(client);
  const dynamo = connectDynamo(client);
  const put = (pk: string, bytes: number, condition?: string) =>
    dynamo.send(
      new PutCommand({
        TableName: table.table,
        Item: { pk, sk: 'a', text: 'x'.repeat(bytes) },
        ConditionExpression: condition,
      }),
    );
  await put('one', 10);
  await put('two', 2_500);
  await dynamo.send(
    new GetCommand({ TableName: table.table, Key: { pk: 'one', sk: 'a' }, ConsistentRead: true }),
  );
  expect(takeUse()).toEqual({ requests: 3, readUnits: 1, writeUnits: 1 + 3 });
  await expect(put('one', 10, 'attribute_not_exists(pk)')).rejects.toThrow();
  expect(takeUse()).toEqual({ requests: 1, readUnits: 0, writeUnits: 0 });
  const items = Array.from({ length: 30 }, (_, index) => ({ pk: `many-${index}`, sk: 'a' }));
  await putItems(dynamo, table.table, items);
  expect(takeUse()).toEqual({ requests: 2, readUnits: 0, writeUnits: 30 });
  expect(takeUse()).toEqual({ requests: 0, readUnits: 0, writeUnits: 0 });
  client.destroy();
});
