import { setTimeout as delay } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { GetQueueAttributesCommand, GetQueueUrlCommand, SQSClient } from '@aws-sdk/client-sqs';
import { awsClientConfig, type LocalEnvironment } from '#localstack/environment.ts';
import { connectDynamo, type Dynamo } from '#shared/platform/dynamo.ts';

const EXECUTION_PAUSE_MS = 250;
const ACCOUNT = '000000000000';

/** What the run asks of the deployed stack, by its names. */
export interface Cloud {
  readonly prefix: string;
  readonly dynamo: Dynamo;
  /** Runs a function to its end and returns its result. A killed function throws. */
  readonly invoke: <T>(name: string, event: object) => Promise<T>;
  /** Starts a function and does not wait. */
  readonly start: (name: string, event: object) => Promise<void>;
  /** Runs a state machine to its end. */
  readonly execute: (machine: string, input: object) => Promise<unknown>;
  /** Messages that wait or are being worked on. */
  readonly queueDepth: (queue: string) => Promise<number>;
}

export function connectCloud(environment: LocalEnvironment): Cloud {
  const config = awsClientConfig(environment);
  const lambda = new LambdaClient({ ...config, maxAttempts: 1 });
  const states = new SFNClient(config);
  const sqs = new SQSClient({ ...config, useQueueUrlAsEndpoint: false });
  const prefix = `tollgate-${environment.stage}`;
  return {
    prefix,
    dynamo: connectDynamo(new DynamoDBClient(config)),
    async invoke<T>(name: string, event: object) {
      const answer = await lambda.send(
        new InvokeCommand({ FunctionName: `${prefix}-${name}`, Payload: JSON.stringify(event) }),
      );
      const text = Buffer.from(answer.Payload ?? []).toString('utf8');
      if (answer.FunctionError) throw new Error(`${name} failed: ${text}`);
      return JSON.parse(text) as T;
    },
    async start(name, event) {
      await lambda.send(
        new InvokeCommand({
          FunctionName: `${prefix}-${name}`,
          InvocationType: 'Event',
          Payload: JSON.stringify(event),
        }),
      );
    },
    async execute(machine, input) {
      const { executionArn } = await states.send(
        new StartExecutionCommand({
          stateMachineArn: `arn:aws:states:${environment.region}:${ACCOUNT}:stateMachine:${prefix}-${machine}`,
          input: JSON.stringify(input),
        }),
      );
      for (;;) {
        const { status, output, cause } = await states.send(
          new DescribeExecutionCommand({ executionArn }),
        );
        if (status === 'SUCCEEDED') return JSON.parse(output ?? 'null');
        if (status !== 'RUNNING') throw new Error(`${machine} ended as ${status}: ${cause ?? ''}`);
        await delay(EXECUTION_PAUSE_MS);
      }
    },
    async queueDepth(queue) {
      const { QueueUrl } = await sqs.send(
        new GetQueueUrlCommand({ QueueName: `${prefix}-${queue}` }),
      );
      const { Attributes = {} } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
      );
      return (
        Number(Attributes.ApproximateNumberOfMessages) +
        Number(Attributes.ApproximateNumberOfMessagesNotVisible)
      );
    },
  };
}

/** Tries again what may be killed in the middle, a bounded number of times. */
export async function persistently<T>(work: () => Promise<T>, tries = 10): Promise<T> {
  for (let left = tries - 1; ; left--) {
    try {
      return await work();
    } catch (error) {
      if (left === 0) throw error;
      await delay(500);
    }
  }
}

/** Waits until `isDone`, asking again after each pause, and gives up with `what` after the bound. */
export async function until(
  what: string,
  boundMs: number,
  isDone: () => Promise<boolean>,
  pauseMs = 250,
): Promise<void> {
  const startedAt = performance.now();
  while (!(await isDone())) {
    if (performance.now() - startedAt > boundMs) {
      throw new Error(`${what} did not come to its end within ${Math.round(boundMs / 1_000)} s`);
    }
    await delay(pauseMs);
  }
}
