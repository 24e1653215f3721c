import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateFunctionCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import {
  awsClientConfig,
  type LocalEnvironment,
  REPOSITORY_FOLDER,
  readLocalEnvironment,
  SERVER_NAMES,
} from './environment.ts';
import { findProcesses } from './servers.ts';
import { startEnvironment } from './start.ts';
import { describeStatus, environmentStatus } from './status.ts';
import { stopEnvironment } from './stop.ts';

jest.setTimeout(60_000);

/** An environment of its own: these tests kill it. */
let environment: LocalEnvironment;

beforeAll(async () => {
  const ports = await freePorts();
  const base = readLocalEnvironment({
    TOLLGATE_TEST_REDIS_PORT: String(ports[0]),
    TOLLGATE_TEST_PORT: String(ports[1]),
    TOLLGATE_TEST_INVOICE_API_PORT: String(ports[2]),
    TOLLGATE_ENVIRONMENT: 'test',
  });
  const stateFolder = mkdtempSync(join(tmpdir(), 'tollgate start '));
  environment = { ...base, stateFolder, temporaryFolder: join(stateFolder, 'tmp') };
});
afterEach(() => stopEnvironment(environment));
afterAll(() => rmSync(environment.stateFolder, { recursive: true, force: true }));

async function freePorts(): Promise<number[]> {
  const probes = await Promise.all([0, 0, 0].map(listen));
  const ports = probes.map((probe) => (probe.address() as { port: number }).port);
  await Promise.all(probes.map((probe) => new Promise((done) => probe.close(done))));
  return ports;
}

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen({ port, host: '127.0.0.1' }, () => resolve(probe));
  });
}

async function start(): Promise<string[]> {
  const said: string[] = [];
  await startEnvironment(environment, (sentence) => said.push(sentence));
  return said;
}

function pids(): (number | undefined)[] {
  const { servers } = findProcesses(environment);
  return SERVER_NAMES.map((name) => servers[name]?.pid);
}

test('starts, changes nothing when all is up, and leaves nothing behind', async () => {
  expect(await start()).toEqual([expect.stringMatching(/are up \(\d+\.\d s\)\.$/)]);
  const started = pids();
  expect(started).not.toContain(undefined);
  expect(await start()).toEqual(['The local environment is up already.']);
  expect(pids()).toEqual(started);

  const status = await environmentStatus(environment);
  expect(status.servers.map(({ isAnswering }) => isAnswering)).toEqual([true, true, true]);
  expect(describeStatus(environment, status)).toMatch(
    /tollgate-local-consumption-dlq +not deployed/,
  );

  expect(await stopEnvironment(environment)).toBeGreaterThanOrEqual(3);
  expect(findProcesses(environment).all).toEqual([]);
  expect(existsSync(environment.temporaryFolder)).toBe(false);
  expect(describeStatus(environment, await environmentStatus(environment))).toBe(
    'Nothing runs of the environment "test".',
  );
});

test.each(SERVER_NAMES)('after kill -9 of %s all start afresh', async (name) => {
  await start();
  const before = pids();
  process.kill(findProcesses(environment).servers[name]?.pid ?? 0, 'SIGKILL');
  while (findProcesses(environment).servers[name]);
  const [first] = await start();
  expect(first).toMatch(/^Not running: .*: stopping what is left and starting all afresh\.$/);
  expect(pids().some((pid) => pid === undefined || before.includes(pid))).toBe(false);
});

test('two starts at once are one', async () => {
  const results = await Promise.all([startEnvironment(environment), startEnvironment(environment)]);
  expect(results.map(({ started }) => started).sort()).toEqual([false, true]);
});

test('a start that was killed before its end is made anew', async () => {
  await start();
  rmSync(join(environment.stateFolder, 'servers.json'));
  // Its lock names a process that is no more.
  writeFileSync(join(environment.stateFolder, 'lock'), '999999999 1');
  expect(await start()).toContainEqual(expect.stringMatching(/did not come to its end/));
});

test('other settings than it was started with start it anew', async () => {
  await start();
  await startEnvironment({ ...environment, isIamEnforced: true });
  expect(readFileSync(join(environment.stateFolder, 'servers.json'), 'utf8')).toMatch(
    '"isIamEnforced": true',
  );
});

test('a taken port is told in one sentence, and nothing is left running', async () => {
  const occupant = await listen(environment.ports.redis.port);
  try {
    await expect(start()).rejects.toThrow(
      `Port ${environment.ports.redis.port}, meant for Valkey, is taken: free it, or set TOLLGATE_TEST_REDIS_PORT to another one.`,
    );
    expect(findProcesses(environment).all).toEqual([]);
  } finally {
    await new Promise((done) => occupant.close(done));
  }
});

test('Lambdas that outlive a killed local cloud are ended', async () => {
  await start();
  await invokeLambda();
  expect(findProcesses(environment).lambdas).toHaveLength(1);
  process.kill(findProcesses(environment).servers.cloud?.pid ?? 0, 'SIGKILL');
  while (findProcesses(environment).servers.cloud);
  expect(findProcesses(environment).lambdas).toHaveLength(1);
  await start();
  expect(findProcesses(environment).lambdas).toEqual([]);
  const left = readdirSync(environment.temporaryFolder);
  expect(left.filter((name) => name.startsWith('ministack-lambda-'))).toEqual([]);
});

/** A function that stays connected, as one with a Redis client does. */
async function invokeLambda(): Promise<void> {
  const source = join(environment.stateFolder, 'index.js');
  writeFileSync(
    source,
    `require('node:net').connect(${environment.ports.invoiceApi.port}, '127.0.0.1').on('error', () => {});
     setInterval(() => {}, 1000);
     exports.handler = async () => process.version;`,
  );
  const archive = join(environment.stateFolder, 'function.zip');
  const python = join(REPOSITORY_FOLDER, '.local/venv/bin/python');
  execFileSync(python, ['-m', 'zipfile', '-c', archive, source]);
  const lambda = new LambdaClient(awsClientConfig(environment));
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: 'lingering',
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Role: 'arn:aws:iam::000000000000:role/any',
      Code: { ZipFile: readFileSync(archive) },
    }),
  );
  const { Payload } = await lambda.send(new InvokeCommand({ FunctionName: 'lingering' }));
  lambda.destroy();
  expect(Buffer.from(Payload ?? []).toString()).toMatch(/^"v24\./);
}
