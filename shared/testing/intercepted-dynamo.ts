import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { connectDynamo, type Dynamo } from '#shared/platform/dynamo.ts';

/** A client at AWS_ENDPOINT_URL that does something of the test's before each command, named as in the API (`PutItem`), with its input. */
export function interceptedDynamo(
  before: (command: string, input: Record<string, unknown>) => void | Promise<void>,
): Dynamo {
  const client = new DynamoDBClient({});
  client.middlewareStack.add(
    (next, context) => async (args) => {
      await before(
        String(context.commandName).replace(/Command$/, ''),
        args.input as Record<string, unknown>,
      );
      return next(args);
    },
    { step: 'initialize', name: 'intercept' },
  );
  return connectDynamo(client);
}

const WRITES = new Set([
  'PutItem',
  'UpdateItem',
  'DeleteItem',
  'BatchWriteItem',
  'TransactWriteItems',
]);

/** A client that makes so many writes and then fails everything, as a process that is killed between two of them. */
export function dyingDynamo(writes: number): {
  readonly dynamo: Dynamo;
  readonly isDead: () => boolean;
} {
  let left = writes;
  let isDead = false;
  const dynamo = interceptedDynamo((command) => {
    if (WRITES.has(command) && left-- <= 0) isDead = true;
    if (isDead) throw new Error('killed');
  });
  return { dynamo, isDead: () => isDead };
}

/** A client that stops before its `turn`th `command` until it is let go. */
export function pausingDynamo(command: string, turn = 1) {
  const paused = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  let turns = 0;
  const dynamo = interceptedDynamo(async (each) => {
    if (each !== command || ++turns < turn) return;
    paused.resolve();
    await gate.promise;
  });
  return { dynamo, paused: paused.promise, letGo: gate.resolve };
}

/** A client to which the answer to its first `command` about such an item gets lost, so that it sends it again. */
export function losingDynamo(command: string, isAbout: (item: Record<string, unknown>) => boolean) {
  const client = new DynamoDBClient({});
  let isLost = false;
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const answer = await next(args);
      const { Item = {} } = args.input as { Item?: Record<string, unknown> };
      if (isLost || context.commandName !== `${command}Command` || !isAbout(Item)) return answer;
      isLost = true;
      throw Object.assign(new Error('the answer got lost'), { name: 'TimeoutError' });
    },
    { step: 'deserialize', name: 'lose', priority: 'low' },
  );
  return { dynamo: connectDynamo(client), isLost: () => isLost };
}
