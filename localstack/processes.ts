import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** A live process of this machine. */
export interface ProcessEntry {
  readonly pid: number;
  /** In an unnamed unit. Together with the pid it names one process for ever: pids are used again. */
  readonly startedAt: number;
  readonly command: string;
  readonly residentBytes: number;
}

/** Every process that runs now and may be looked at. Zombies are left out: they are dead and hold nothing. */
export function listProcesses(): ProcessEntry[] {
  return process.platform === 'linux' ? listFromProc() : listFromPs();
}

// Not `ps`: slim Linux images come without it.
function listFromProc(): ProcessEntry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readProc(Number(name)))
    .filter((entry) => entry !== undefined);
}

function readProc(pid: number): ProcessEntry | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may itself hold spaces and parentheses; counted from there, state is 0 and start time 19.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    const memory = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return {
      pid,
      startedAt: Number(fields[19]),
      command,
      residentBytes: Number(memory?.[1] ?? 0) * 1024,
    };
  } catch {
    return undefined; // It ended while it was read.
  }
}

function listFromPs(): ProcessEntry[] {
  const text = execFileSync('ps', ['-axww', '-o', 'pid=,stat=,rss=,lstart=,command='], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
    maxBuffer: 64 * 1024 * 1024,
  });
  return text.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\S+)\s+(\d+)\s+(\S+ +\S+ +\d+ +\S+ +\d+)\s+(.*)$/.exec(line);
    if (!match) return [];
    const [, pid, state, kilobytes, startedAt, command] = match as unknown as string[];
    if (state?.startsWith('Z')) return [];
    return [
      {
        pid: Number(pid),
        startedAt: Date.parse(startedAt ?? ''),
        command: (command ?? '').trim(),
        residentBytes: Number(kilobytes) * 1024,
      },
    ];
  });
}

const ASK_FOR_MS = 3_000;
const INSIST_FOR_MS = 5_000;

/**
 * Ends what `find` finds, and finds anew until there is nothing: a server may start workers while it is being stopped.
 * SIGTERM first, SIGKILL for what is left after three seconds. Resolves with the number of processes ended.
 */
export async function stopProcesses(find: () => readonly ProcessEntry[]): Promise<number> {
  const startedMs = performance.now();
  const asked = new Set<string>();
  for (;;) {
    const found = find();
    if (found.length === 0) return asked.size;
    const waitedMs = performance.now() - startedMs;
    if (waitedMs > ASK_FOR_MS + INSIST_FOR_MS) {
      const pids = found.map(({ pid }) => pid).join(', ');
      throw new Error(`These processes do not end: ${pids}.`);
    }
    for (const { pid, startedAt } of found) {
      const key = `${pid} ${startedAt}`;
      if (waitedMs > ASK_FOR_MS) signal(pid, 'SIGKILL');
      else if (!asked.has(key)) signal(pid, 'SIGTERM');
      asked.add(key);
    }
    await delay(30);
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
