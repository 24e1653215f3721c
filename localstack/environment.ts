import { join } from 'node:path';

export const REPOSITORY_FOLDER = join(import.meta.dirname, '..');

/** The tag `ms-custom-id` of the HTTP API: it keeps its address across deploys. */
const HTTP_API_ID = '70119a7e';

/**
 * `run` serves `make run`; `test`, `e2e` and `apart` serve `make test`, whose rows run beside it and each other; `bench`
 * serves `make bench`: each with ports and a state folder of its own.
 */
export const ENVIRONMENT_NAMES = ['run', 'test', 'e2e', 'apart', 'bench'] as const;
export type EnvironmentName = (typeof ENVIRONMENT_NAMES)[number];

export const SERVER_NAMES = ['redis', 'cloud', 'invoiceApi'] as const;
export type ServerName = (typeof SERVER_NAMES)[number];

export interface PortSetting {
  readonly port: number;
  /** The environment variable that changes it. */
  readonly variable: string;
}

/** Where one local environment lives. Everything is on 127.0.0.1. */
export interface LocalEnvironment {
  readonly name: EnvironmentName;
  readonly stage: 'local';
  readonly region: 'us-east-1';
  /** Logs, what was started, temporary files. */
  readonly stateFolder: string;
  /** The local cloud unpacks its Lambdas here, so their processes are known by it. */
  readonly temporaryFolder: string;
  readonly ports: Readonly<Record<ServerName, PortSetting>>;
  readonly cloudUrl: string;
  readonly redisUrl: string;
  readonly invoiceApiUrl: string;
  /** The base of `/v1/...`. */
  readonly httpApiUrl: string;
  /** How long the local cloud keeps an idle Lambda process. */
  readonly lambdaWarmSeconds: number;
  /** Whether the local cloud enforces the roles of the functions. */
  readonly isIamEnforced: boolean;
}

/** A setting that cannot be used; the message is one plain sentence for a person. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

type Variables = Readonly<Record<string, string | undefined>>;

const DEFAULT_PORTS: Record<EnvironmentName, Record<ServerName, PortSetting>> = {
  run: {
    redis: { port: 6390, variable: 'TOLLGATE_REDIS_PORT' },
    cloud: { port: 4566, variable: 'TOLLGATE_PORT' },
    invoiceApi: { port: 4680, variable: 'TOLLGATE_INVOICE_API_PORT' },
  },
  // Names of their own: a port that someone exports for `make run` must not move `make test` onto it.
  test: {
    redis: { port: 6391, variable: 'TOLLGATE_TEST_REDIS_PORT' },
    cloud: { port: 4576, variable: 'TOLLGATE_TEST_PORT' },
    invoiceApi: { port: 4681, variable: 'TOLLGATE_TEST_INVOICE_API_PORT' },
  },
  bench: {
    redis: { port: 6392, variable: 'TOLLGATE_BENCH_REDIS_PORT' },
    cloud: { port: 4586, variable: 'TOLLGATE_BENCH_PORT' },
    invoiceApi: { port: 4682, variable: 'TOLLGATE_BENCH_INVOICE_API_PORT' },
  },
  apart: {
    redis: { port: 6393, variable: 'TOLLGATE_APART_REDIS_PORT' },
    cloud: { port: 4596, variable: 'TOLLGATE_APART_PORT' },
    invoiceApi: { port: 4683, variable: 'TOLLGATE_APART_INVOICE_API_PORT' },
  },
  e2e: {
    redis: { port: 6394, variable: 'TOLLGATE_E2E_REDIS_PORT' },
    cloud: { port: 4606, variable: 'TOLLGATE_E2E_PORT' },
    invoiceApi: { port: 4684, variable: 'TOLLGATE_E2E_INVOICE_API_PORT' },
  },
};

/** The local environment that `variables` ask for: `TOLLGATE_ENVIRONMENT`, ports, and the rest by default. */
export function readLocalEnvironment(
  variables: Variables = process.env,
  name: EnvironmentName = readName(variables),
): LocalEnvironment {
  const ports = readPorts(DEFAULT_PORTS[name], variables);
  const stateFolder = join(REPOSITORY_FOLDER, '.local', name);
  const cloudUrl = `http://127.0.0.1:${ports.cloud.port}`;
  return {
    name,
    stage: 'local',
    region: 'us-east-1',
    stateFolder,
    temporaryFolder: join(stateFolder, 'tmp'),
    ports,
    cloudUrl,
    redisUrl: `redis://127.0.0.1:${ports.redis.port}`,
    invoiceApiUrl: `http://127.0.0.1:${ports.invoiceApi.port}`,
    httpApiUrl: `${cloudUrl}/_aws/execute-api/${HTTP_API_ID}`,
    lambdaWarmSeconds: readInteger(variables, 'TOLLGATE_LAMBDA_WARM_SECONDS', 20, 1, 3600),
    isIamEnforced: readFlag(variables, 'TOLLGATE_ENFORCE_IAM'),
  };
}

function readName(variables: Variables): EnvironmentName {
  const asked = variables.TOLLGATE_ENVIRONMENT || 'run';
  const name = ENVIRONMENT_NAMES.find((each) => each === asked);
  if (name) return name;
  throw new SettingsError(
    `TOLLGATE_ENVIRONMENT is "${asked}", but it must be one of ${ENVIRONMENT_NAMES.join(', ')}.`,
  );
}

function readPorts(
  defaults: Record<ServerName, PortSetting>,
  variables: Variables,
): Record<ServerName, PortSetting> {
  const read = ({ port, variable }: PortSetting): PortSetting => ({
    port: readInteger(variables, variable, port, 1024, 65_535),
    variable,
  });
  const ports = {
    redis: read(defaults.redis),
    cloud: read(defaults.cloud),
    invoiceApi: read(defaults.invoiceApi),
  };
  for (const [port, settings] of Map.groupBy(Object.values(ports), (setting) => setting.port)) {
    if (settings.length === 1) continue;
    const names = settings.map((setting) => setting.variable).join(' and ');
    throw new SettingsError(`${names} are both ${port}, but every server needs a port of its own.`);
  }
  return ports;
}

/** A variable that is a whole number, if it is set. Throws `SettingsError` for any other. */
export function readInteger(
  variables: Variables,
  variable: string,
  byDefault: number,
  min: number,
  max: number,
): number {
  const text = variables[variable];
  if (text === undefined || text === '') return byDefault;
  const value = Number(text);
  if (/^\d{1,15}$/.test(text) && value >= min && value <= max) return value;
  throw new SettingsError(
    `${variable} is "${text}", but it must be a whole number from ${min} to ${max}.`,
  );
}

function readFlag(variables: Variables, variable: string): boolean {
  const text = variables[variable] || 'false';
  if (text === 'true' || text === 'false') return text === 'true';
  throw new SettingsError(`${variable} is "${text}", but it must be true or false.`);
}

/**
 * The variables that point any AWS SDK or tool at this environment. The IP and not `localhost`, under which a deploy
 * would look up `<bucket>.localhost`; the frequency lets a deploy look for its end more often.
 */
function awsVariables(environment: LocalEnvironment): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: environment.cloudUrl,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: environment.region,
    AWS_DEFAULT_REGION: environment.region,
    SLS_AWS_MONITORING_FREQUENCY: '300',
  };
}

/**
 * What a child process gets that works on this environment: the caller's variables without any AWS setting of theirs
 * (a profile would win over the keys above and reach a real account), and this environment's instead.
 */
export function childVariables(
  environment: LocalEnvironment,
  variables: Variables = process.env,
): Record<string, string> {
  const kept = Object.entries(variables).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith('AWS_'),
  );
  return {
    ...Object.fromEntries(kept),
    ...awsVariables(environment),
    TOLLGATE_ENVIRONMENT: environment.name,
    ...Object.fromEntries(
      Object.values(environment.ports).map(({ port, variable }) => [variable, String(port)]),
    ),
  };
}

/** The configuration of an SDK client in this process, which then needs no variables at all. */
export function awsClientConfig(environment: LocalEnvironment) {
  return {
    endpoint: environment.cloudUrl,
    region: environment.region,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
}
