import { type ChildProcess, spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { runCommand } from './command.ts';
import {
  type LocalEnvironment,
  readLocalEnvironment,
  SERVER_NAMES,
  type ServerName,
  SettingsError,
} from './environment.ts';
import { withLock } from './lock.ts';
import { readRecord, settingsOf, writeRecord } from './record.ts';
import {
  type EnvironmentProcesses,
  findProcesses,
  SERVER_TITLES,
  type Server,
  serversOf,
} from './servers.ts';
import { clearAway } from './stop.ts';

const READY_WITHIN_MS = 15_000;

/**
 * Brings up Valkey, the local cloud and the invoice API simulator, and leaves them running. Their state is in memory, so
 * they live and die together: when all three answer nothing is changed, and when one is missing all start afresh.
 * Resolves with `started: false` where they were up already.
 */
export async function startEnvironment(
  environment: LocalEnvironment,
  say: (sentence: string) => void = () => {},
): Promise<{ readonly started: boolean }> {
  return withLock(environment.stateFolder, async () => {
    const found = findProcesses(environment);
    const reason = await reasonToStartAfresh(environment, found);
    if (reason === undefined) {
      say('The local environment is up already.');
      return { started: false };
    }
    if (found.all.length > 0) say(`${reason}: stopping what is left and starting all afresh.`);
    const startedMs = performance.now();
    await clearAway(environment);
    await startAll(environment);
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    say(`Valkey, the local cloud and the invoice API simulator are up (${seconds} s).`);
    return { started: true };
  });
}

async function reasonToStartAfresh(
  environment: LocalEnvironment,
  { servers }: EnvironmentProcesses,
): Promise<string | undefined> {
  const missing = SERVER_NAMES.filter((name) => servers[name] === undefined);
  if (missing.length > 0) return `Not running: ${titlesOf(missing)}`;
  const record = readRecord(environment);
  if (record === undefined) return 'The last start did not come to its end';
  if (!isDeepStrictEqual(record.settings, settingsOf(environment)))
    return 'The settings have changed';
  const answers = await Promise.all(
    serversOf(environment).map(async (server) => ({
      name: server.name,
      isAnswering: await server.isAnswering(READY_WITHIN_MS),
    })),
  );
  const silent = answers.filter(({ isAnswering }) => !isAnswering).map(({ name }) => name);
  return silent.length > 0 ? `Not answering: ${titlesOf(silent)}` : undefined;
}

function titlesOf(names: readonly ServerName[]): string {
  return names.map((name) => SERVER_TITLES[name]).join(', ');
}

async function startAll(environment: LocalEnvironment): Promise<void> {
  await Promise.all(SERVER_NAMES.map((name) => requireFreePort(environment, name)));
  mkdirSync(environment.temporaryFolder, { recursive: true });
  // The local cloud puts CommonJS files there, which our own package.json would make ES modules.
  writeFileSync(join(environment.stateFolder, 'package.json'), '{"type":"commonjs"}\n');
  try {
    const pids = await Promise.all(
      serversOf(environment).map(async (server) => [server.name, await startServer(server)]),
    );
    writeRecord(environment, Object.fromEntries(pids));
  } catch (error) {
    await clearAway(environment);
    throw error;
  }
}

function requireFreePort(environment: LocalEnvironment, name: ServerName): Promise<void> {
  const { port, variable } = environment.ports[name];
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', () =>
      reject(
        new SettingsError(
          `Port ${port}, meant for ${SERVER_TITLES[name]}, is taken: free it, or set ${variable} to another one.`,
        ),
      ),
    );
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve()));
  });
}

async function startServer(server: Server): Promise<number> {
  const child = launch(server);
  const end = endOf(child);
  const startedMs = performance.now();
  while (!(await server.isAnswering(1_000))) {
    if (end.reason !== undefined)
      throw new Error(`${server.title}: ${end.reason}.${logTail(server)}`);
    if (performance.now() - startedMs > READY_WITHIN_MS) {
      throw new Error(
        `${server.title}: no answer within ${READY_WITHIN_MS / 1000} s.${logTail(server)}`,
      );
    }
    await delay(40);
  }
  child.removeAllListeners();
  child.unref();
  return child.pid as number;
}

/** In a process group of its own, so that no Ctrl-C in this terminal reaches it, and with files for its output. */
function launch(server: Server): ChildProcess {
  if (existsSync(server.logFile)) renameSync(server.logFile, `${server.logFile}.previous`);
  const log = openSync(server.logFile, 'a');
  try {
    return spawn(server.command, server.arguments, {
      detached: true,
      stdio: ['ignore', log, log],
      env: server.variables,
    });
  } finally {
    closeSync(log);
  }
}

function endOf(child: ChildProcess): { reason?: string } {
  const end: { reason?: string } = {};
  child.once('error', (error) => {
    end.reason = `could not be started (${error.message})`;
  });
  child.once('exit', (code, signal) => {
    end.reason = `ended while it was starting (${signal ?? `exit status ${code}`})`;
  });
  return end;
}

function logTail(server: Server): string {
  const lines = readFileSync(server.logFile, 'utf8').trim().split('\n').slice(-15);
  return ` The end of ${server.logFile}:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

if (import.meta.main) {
  await runCommand(async () => {
    await startEnvironment(readLocalEnvironment(), console.log);
  });
}
