import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** What a client has asked of DynamoDB, in requests and in capacity units as DynamoDB counts them. */
export interface DynamoUse {
  readonly requests: number;
  readonly readUnits: number;
  readonly writeUnits: number;
}

const READS = /^(Get|BatchGet|TransactGet|Query|Scan)/;

interface Consumed {
  readonly CapacityUnits?: number;
}

/** Counts what a client uses from now on. The function that it returns gives what came since its last call. */
export function meterDynamo(client: DynamoDBClient): () => DynamoUse {
  let use = { requests: 0, readUnits: 0, writeUnits: 0 };
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const input = { ...args.input, ReturnConsumedCapacity: 'TOTAL' };
      const kind = READS.test(String(context.commandName)) ? 'readUnits' : 'writeUnits';
      // What fails counts as one request; its units nobody says.
      let attempts = 1;
      try {
        const answer = await next({ ...args, input } as typeof args);
        const { $metadata, ConsumedCapacity } = answer.output as {
          $metadata?: { attempts?: number };
          ConsumedCapacity?: Consumed | Consumed[];
        };
        attempts = $metadata?.attempts ?? 1;
        for (const { CapacityUnits = 0 } of [ConsumedCapacity ?? []].flat()) {
          use[kind] += CapacityUnits;
        }
        return answer;
      } finally {
        use.requests += attempts;
      }
    },
    { step: 'initialize', name: 'meterUse' },
  );
  return () => {
    const taken = use;
    use = { requests: 0, readUnits: 0, writeUnits: 0 };
    return taken;
  };
}
