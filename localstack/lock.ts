import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { listProcesses } from './processes.ts';

/** A deploy on a busy machine takes a minute or two. */
const WAIT_MS = 300_000;

/**
 * Runs `action` while no other process holds the lock of the same folder. A holder that was killed is recognised by
 * its pid and start time, and does not keep anybody out.
 */
export async function withLock<T>(folder: string, action: () => Promise<T>): Promise<T> {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'lock');
  await take(file);
  try {
    return await action();
  } finally {
    rmSync(file, { force: true });
  }
}

async function take(file: string): Promise<void> {
  const startedMs = performance.now();
  while (!create(file)) {
    const holder = readHolder(file);
    if (holder !== undefined && !isAlive(holder)) {
      rmSync(file, { force: true });
    } else if (performance.now() - startedMs > WAIT_MS) {
      throw new Error(`Another process (${holder}) has been holding ${file} for five minutes.`);
    } else {
      await delay(50);
    }
  }
}

function create(file: string): boolean {
  try {
    writeFileSync(file, identityOf(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Undefined while the holder is still writing, or once it has let go. */
function readHolder(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8') || undefined;
  } catch {
    return undefined;
  }
}

function identityOf(pid: number): string {
  return `${pid} ${listProcesses().find((entry) => entry.pid === pid)?.startedAt}`;
}

function isAlive(identity: string): boolean {
  return identityOf(Number(identity.split(' ')[0])) === identity;
}
