import { setTimeout as delay } from 'node:timers/promises';
import { DynamoDBClient, type TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  BatchWriteCommand,
  type BatchWriteCommandInput,
  type BatchWriteCommandOutput,
  DynamoDBDocumentClient,
  paginateQuery,
  paginateScan,
  type QueryCommandInput,
  type ScanCommandInput,
} from '@aws-sdk/lib-dynamodb';

export type Dynamo = DynamoDBDocumentClient;
export type Item = Record<string, unknown>;

/** A document client whose numbers come back as bigint: amounts must not pass through doubles. */
export function connectDynamo(client = new DynamoDBClient({})): Dynamo {
  return DynamoDBDocumentClient.from(client, {
    marshallOptions: { removeUndefinedValues: true },
    unmarshallOptions: { wrapNumbers: (text) => BigInt(text) },
  });
}

/** For what somebody waits for: a table that does not answer is found out well before the function times out. */
export function connectImpatientDynamo(): Dynamo {
  const requestHandler = {
    connectionTimeout: 1_000,
    requestTimeout: 2_000,
    throwOnRequestTimeout: true,
  };
  return connectDynamo(new DynamoDBClient({ maxAttempts: 2, requestHandler }));
}

/** All items of a query, page by page. Items come as they are stored; the store that asked knows their shape. */
export async function* queryItems<T>(dynamo: Dynamo, input: QueryCommandInput): AsyncGenerator<T> {
  for await (const page of paginateQuery({ client: dynamo }, input)) {
    yield* (page.Items ?? []) as T[];
  }
}

/** All items of a table or index. */
export async function* scanItems<T>(dynamo: Dynamo, input: ScanCommandInput): AsyncGenerator<T> {
  for await (const page of paginateScan({ client: dynamo }, input)) {
    yield* (page.Items ?? []) as T[];
  }
}

const BATCH = 25;
const MAX_ROUNDS = 8;

/**
 * Puts items of distinct keys, 25 a request; what DynamoDB leaves unprocessed is sent again after a
 * pause that doubles. Throws when some stay unprocessed: the caller repeats the whole step.
 */
export async function putItems(
  dynamo: Dynamo,
  table: string,
  items: readonly Item[],
): Promise<void> {
  for (let start = 0; start < items.length; start += BATCH) {
    let requests: BatchWriteCommandInput['RequestItems'] = {
      [table]: items.slice(start, start + BATCH).map((Item) => ({ PutRequest: { Item } })),
    };
    for (let round = 0; Object.keys(requests ?? {}).length > 0; round++) {
      if (round === MAX_ROUNDS) throw new Error(`DynamoDB left writes to ${table} unprocessed`);
      if (round > 0) await delay(25 * 2 ** round);
      const result: BatchWriteCommandOutput = await dynamo.send(
        new BatchWriteCommand({ RequestItems: requests }),
      );
      requests = result.UnprocessedItems;
    }
  }
}

export function isConditionFailure(error: unknown): boolean {
  return (error as Error | undefined)?.name === 'ConditionalCheckFailedException';
}

const OVERTAKEN = new Set(['ConditionalCheckFailed', 'TransactionConflict', 'None']);

/** Whether a write was turned down because of what others have done to its items, or were about to do. It may be decided anew. */
export function isOvertaken(error: unknown): boolean {
  const name = (error as Error | undefined)?.name;
  if (name === 'TransactionConflictException') return true;
  if (name !== 'TransactionCanceledException') return false;
  const { CancellationReasons = [] } = error as TransactionCanceledException;
  return CancellationReasons.every(({ Code = 'None' }) => OVERTAKEN.has(Code));
}
