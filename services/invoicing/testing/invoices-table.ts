import { randomUUID } from 'node:crypto';
import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import type { InvoiceItem } from '#services/packaging/public.ts';
import { connectDynamo } from '#shared/platform/dynamo.ts';
import { packedLines } from './memory-store.ts';

/** An invoices table of its own at AWS_ENDPOINT_URL, with the indexes of the template. */
export async function createInvoicesTable() {
  const client = new DynamoDBClient({});
  const name = `invoicing-${randomUUID()}`;
  await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        ...['pk', 'sk', 'statePartition', 'periodPartition', 'clientRevision'].map((attribute) => ({
          AttributeName: attribute,
          AttributeType: 'S' as const,
        })),
        { AttributeName: 'dueAtMs', AttributeType: 'N' as const },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'by-state',
          KeySchema: [
            { AttributeName: 'statePartition', KeyType: 'HASH' },
            { AttributeName: 'dueAtMs', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
        {
          IndexName: 'by-period',
          KeySchema: [
            { AttributeName: 'periodPartition', KeyType: 'HASH' },
            { AttributeName: 'clientRevision', KeyType: 'RANGE' },
          ],
          Projection: {
            ProjectionType: 'INCLUDE',
            NonKeyAttributes: [
              ...['state', 'currency', 'totalMicros', 'calls', 'polls', 'begunAtMs'],
              ...['dueAtMs', 'packagedAtMs', 'updatedAtMs', 'reason'],
            ],
          },
        },
      ],
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: 30 }, { TableName: name });
  const dynamo = connectDynamo(client);
  return {
    name,
    dynamo,
    /** With their lines. */
    put: async (items: readonly InvoiceItem[]) => {
      await Promise.all(
        items
          .flatMap((item) => [packedLines(item), item])
          .map((Item) => dynamo.send(new PutCommand({ TableName: name, Item }))),
      );
    },
    remove: async () => {
      await client.send(new DeleteTableCommand({ TableName: name }));
      client.destroy();
    },
  };
}
