import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from '#shared/testing/valkey.ts';
import { waitUntil } from '#shared/testing/wait-until.ts';
import { connectMemcached } from './memcached-client.ts';

export interface MemcachedServer {
  readonly port: number;
  readonly version: string;
  stop(): Promise<void>;
}

/** A memcached of the bench's own on loopback; undefined where there is none on the PATH. */
export async function startMemcached(): Promise<MemcachedServer | undefined> {
  const { status, stdout } = spawnSync('memcached', ['--version'], { encoding: 'utf8' });
  if (status !== 0) return undefined;
  const port = await freePort();
  // The shell outlives a killed bench by an instant: at the end of its standard input it takes the server along.
  const shell = spawn(
    'sh',
    [
      ...['-c', '"$@" & read end; kill -9 $!', 'sh', 'memcached'],
      ...['-l', '127.0.0.1', '-p', String(port), '-U', '0'],
      ...(process.getuid?.() === 0 ? ['-u', 'root'] : []),
    ],
    { stdio: ['pipe', 'ignore', 'ignore'] },
  );
  const stop = async () => {
    const ended = once(shell, 'exit');
    shell.stdin.end();
    await ended;
  };
  await waitUntil(() => answers(port)).catch(async (error) => {
    await stop();
    throw error;
  });
  return { port, version: stdout.trim().replace(/^memcached /, ''), stop };
}

async function answers(port: number): Promise<boolean> {
  try {
    const client = await connectMemcached(port);
    client.close();
    return true;
  } catch {
    return false;
  }
}
