import { join } from 'node:path';
import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  QueueDoesNotExist,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { runCommand } from './command.ts';
import {
  awsClientConfig,
  type LocalEnvironment,
  readLocalEnvironment,
  SERVER_NAMES,
  type ServerName,
} from './environment.ts';
import { readRecord } from './record.ts';
import { findProcesses, SERVER_TITLES, serversOf } from './servers.ts';

export interface ServerStatus {
  readonly name: ServerName;
  readonly port: number;
  /** Absent where it does not run. */
  readonly pid?: number;
  readonly residentBytes: number;
  readonly isAnswering: boolean;
}

export interface QueueStatus {
  readonly name: string;
  /** Absent where there is no such queue, that is, before a deploy. */
  readonly depth?: {
    readonly waiting: number;
    readonly inFlight: number;
    readonly delayed: number;
  };
}

export interface EnvironmentStatus {
  readonly startedAt?: string;
  readonly servers: readonly ServerStatus[];
  readonly lambdas: { readonly processes: number; readonly residentBytes: number };
  /** Empty where the local cloud does not answer. */
  readonly queues: readonly QueueStatus[];
}

const ANSWER_WITHIN_MS = 3_000;

/** What runs of an environment and how it is; never starts or changes anything. */
export async function environmentStatus(environment: LocalEnvironment): Promise<EnvironmentStatus> {
  const found = findProcesses(environment);
  const servers = await Promise.all(
    SERVER_NAMES.map(async (name): Promise<ServerStatus> => {
      const entry = found.servers[name];
      return {
        name,
        port: environment.ports[name].port,
        ...(entry ? { pid: entry.pid } : {}),
        residentBytes: entry?.residentBytes ?? 0,
        isAnswering: entry !== undefined && (await isAnswering(environment, name)),
      };
    }),
  );
  const isCloudUp = servers.some(({ name, isAnswering }) => name === 'cloud' && isAnswering);
  const record = readRecord(environment);
  return {
    ...(record ? { startedAt: record.startedAt } : {}),
    servers,
    lambdas: {
      processes: found.lambdas.length,
      residentBytes: found.lambdas.reduce((sum, { residentBytes }) => sum + residentBytes, 0),
    },
    queues: isCloudUp ? await queueStatuses(environment) : [],
  };
}

async function isAnswering(environment: LocalEnvironment, name: ServerName): Promise<boolean> {
  const server = serversOf(environment).find((one) => one.name === name);
  return (await server?.isAnswering(ANSWER_WITHIN_MS)) ?? false;
}

async function queueStatuses(environment: LocalEnvironment): Promise<QueueStatus[]> {
  // Queue addresses say `localhost`; the client keeps to its endpoint.
  const sqs = new SQSClient({
    ...awsClientConfig(environment),
    useQueueUrlAsEndpoint: false,
    maxAttempts: 1,
    requestHandler: { requestTimeout: ANSWER_WITHIN_MS },
  });
  const stack = `tollgate-${environment.stage}`;
  try {
    return await Promise.all(
      [`${stack}-consumption`, `${stack}-consumption-dlq`].map((name) => queueStatus(sqs, name)),
    );
  } finally {
    sqs.destroy();
  }
}

async function queueStatus(sqs: SQSClient, name: string): Promise<QueueStatus> {
  try {
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: name }));
    const { Attributes = {} } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
    );
    const depth = {
      waiting: Number(Attributes.ApproximateNumberOfMessages),
      inFlight: Number(Attributes.ApproximateNumberOfMessagesNotVisible),
      delayed: Number(Attributes.ApproximateNumberOfMessagesDelayed),
    };
    return { name, depth };
  } catch (error) {
    if (error instanceof QueueDoesNotExist) return { name };
    throw error;
  }
}

/** The status as lines for a person. */
export function describeStatus(environment: LocalEnvironment, status: EnvironmentStatus): string {
  const { servers, lambdas, queues, startedAt } = status;
  if (servers.every(({ pid }) => pid === undefined) && lambdas.processes === 0) {
    return `Nothing runs of the environment "${environment.name}".`;
  }
  const processes = table([
    ['', 'pid', 'port', 'memory', ''],
    ...servers.map((server) => [
      SERVER_TITLES[server.name],
      String(server.pid ?? '-'),
      String(server.port),
      megabytes(server.residentBytes),
      server.pid === undefined ? 'not running' : server.isAnswering ? 'up' : 'does not answer',
    ]),
    [`Lambdas: ${lambdas.processes}`, '', '', megabytes(lambdas.residentBytes), ''],
  ]);
  const depths = table([
    ['', 'waiting', 'in flight', 'delayed'],
    ...queues.map(({ name, depth }) =>
      depth
        ? [name, String(depth.waiting), String(depth.inFlight), String(depth.delayed)]
        : [name, 'not deployed', '', ''],
    ),
  ]);
  return [
    `Environment "${environment.name}"${startedAt ? `, up since ${startedAt}` : ''}`,
    '',
    processes,
    ...(queues.length > 0 ? ['', depths] : []),
    '',
    `Page   ${environment.httpApiUrl}/dashboard`,
    `Key    ${join(environment.stateFolder, 'api-key')} (made by make run and make load)`,
    `API    ${environment.httpApiUrl}`,
    `Cloud  ${environment.cloudUrl}`,
    `Logs   ${environment.stateFolder}`,
  ].join('\n');
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MB`;
}

/** Columns as wide as their widest cell; the first to the left, numbers to the right. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => {
          const isText = column === 0 || column === 4;
          return isText ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

if (import.meta.main) {
  await runCommand(async () => {
    const environment = readLocalEnvironment();
    console.log(describeStatus(environment, await environmentStatus(environment)));
  });
}
