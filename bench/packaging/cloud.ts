import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  type HistoryEventType,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import {
  awsClientConfig,
  childVariables,
  type LocalEnvironment,
  readLocalEnvironment,
} from '#localstack/environment.ts';
import { until } from '#localstack/run/cloud.ts';
import { findProcesses } from '#localstack/servers.ts';
import { deployLocally } from '#localstack/stack.ts';
import { startEnvironment } from '#localstack/start.ts';
import { stopEnvironment } from '#localstack/stop.ts';
import type { RunState } from '#services/packaging/close-round.ts';
import type { HalfMonth } from '#shared/domain/billing-period.ts';
import { connectDynamo, type Dynamo } from '#shared/platform/dynamo.ts';

const RUN_BOUND_MS = 4 * 3_600_000;

export interface BenchCloud {
  readonly dynamo: Dynamo;
  /** Of further clients. */
  readonly clientConfig: DynamoDBClientConfig;
  readonly usageTable: string;
  readonly invoicesTable: string;
  /** Environment variables of a process that is to use it. */
  readonly variables: Readonly<Record<string, string>>;
  /** Runs the packaging machine to its end. */
  readonly packagePeriod: (
    period: HalfMonth,
    show: (state: string) => void,
  ) => Promise<{ readonly run: RunState; readonly seconds: number; readonly retries: number }>;
  /** Memory of the local cloud itself, which holds all tables. */
  readonly residentBytes: () => number;
  readonly stop: () => Promise<unknown>;
}

/** A local cloud of the bench's own with the whole stack deployed, but without its schedules: nothing else works on it. */
export async function startBenchCloud(shards: number): Promise<BenchCloud> {
  const environment = readLocalEnvironment(process.env, 'bench');
  await stopEnvironment(environment);
  await startEnvironment(environment);
  process.env.TOLLGATE_SHARDS = String(shards);
  await deployLocally(environment);
  await stopSchedules(environment);
  const config = awsClientConfig(environment);
  const states = new SFNClient(config);
  const prefix = `tollgate-${environment.stage}`;
  return {
    dynamo: connectDynamo(new DynamoDBClient(config)),
    clientConfig: config,
    usageTable: `${prefix}-usage`,
    invoicesTable: `${prefix}-invoices`,
    variables: childVariables(environment),
    packagePeriod: (period, show) =>
      runMachine(
        states,
        `arn:aws:states:${environment.region}:000000000000:stateMachine:${prefix}-packaging`,
        { period },
        show,
      ),
    residentBytes: () => findProcesses(environment).servers.cloud?.residentBytes ?? 0,
    stop: () => stopEnvironment(environment),
  };
}

/** The jobs of the stack would send what the bench packages. */
async function stopSchedules({ cloudUrl, region }: LocalEnvironment): Promise<void> {
  const call = async <T>(operation: string, body: object): Promise<T> => {
    const response = await fetch(cloudUrl, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `AWSEvents.${operation}`,
        authorization: `AWS4-HMAC-SHA256 Credential=test/20010101/${region}/events/aws4_request`,
      },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${operation}: ${response.status} ${await response.text()}`);
    return JSON.parse((await response.text()) || '{}') as T;
  };
  const { Rules } = await call<{ Rules: { Name: string }[] }>('ListRules', {});
  if (Rules.length === 0) throw new Error('There are no schedules to stop.');
  for (const { Name } of Rules) await call('DisableRule', { Name });
}

async function runMachine(
  states: SFNClient,
  stateMachineArn: string,
  input: object,
  show: (state: string) => void,
) {
  const startedAt = performance.now();
  const { executionArn } = await states.send(
    new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }),
  );
  let run: RunState | undefined;
  await until(
    'The packaging run',
    RUN_BOUND_MS,
    async () => {
      const { status, output, cause } = await states.send(
        new DescribeExecutionCommand({ executionArn }),
      );
      if (status === 'RUNNING') {
        const { TaskScheduled: begun = 0, TaskSucceeded: done = 0 } = await countEvents(
          states,
          executionArn,
        );
        show(`${done} of ${begun} tasks done`);
        return false;
      }
      if (status !== 'SUCCEEDED') throw new Error(`packaging ended as ${status}: ${cause ?? ''}`);
      run = JSON.parse(output ?? '') as RunState;
      return true;
    },
    500,
  );
  const seconds = (performance.now() - startedAt) / 1_000;
  const events = await countEvents(states, executionArn);
  const retries = (events.LambdaFunctionFailed ?? 0) + (events.TaskFailed ?? 0);
  return { run: run as RunState, seconds, retries };
}

async function countEvents(
  states: SFNClient,
  executionArn: string | undefined,
): Promise<Partial<Record<HistoryEventType, number>>> {
  const counts: Partial<Record<HistoryEventType, number>> = {};
  let nextToken: string | undefined;
  do {
    const page = await states.send(
      new GetExecutionHistoryCommand({
        executionArn,
        includeExecutionData: false,
        maxResults: 1_000,
        nextToken,
      }),
    );
    for (const { type } of page.events ?? []) if (type) counts[type] = (counts[type] ?? 0) + 1;
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return counts;
}
