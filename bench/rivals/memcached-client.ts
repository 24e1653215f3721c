import { once } from 'node:events';
import { connect } from 'node:net';

export interface MemcachedClient {
  gets(key: string): Promise<{ readonly value: string; readonly cas: string } | undefined>;
  set(key: string, value: string): Promise<void>;
  /** False where the value has changed since it was read. */
  cas(key: string, value: string, cas: string): Promise<boolean>;
  close(): void;
}

/**
 * memcached's text protocol on one connection: requests go out without waiting for the answers before them, those of
 * one turn in one write, and the answers come in the order of the requests. Values without line ends only.
 */
export async function connectMemcached(port: number): Promise<MemcachedClient> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  socket.setEncoding('latin1');

  let pending: { resolve: (reply: string[]) => void; reject: (error: Error) => void }[] = [];
  const read = replyReader((reply) => pending.shift()?.resolve(reply));
  socket.on('data', read);
  socket.on('error', () => {});
  socket.on('close', () => {
    for (const { reject } of pending) reject(new Error('memcached has closed the connection'));
    pending = [];
  });

  function request(text: string): Promise<string[]> {
    if (socket.writableCorked === 0) {
      socket.cork();
      process.nextTick(() => socket.uncork());
    }
    socket.write(text, 'latin1');
    return new Promise((resolve, reject) => pending.push({ resolve, reject }));
  }

  return {
    async gets(key) {
      const [head, value] = await request(`gets ${key}\r\n`);
      if (head === 'END') return undefined;
      const cas = head?.split(' ')[4];
      if (cas === undefined || value === undefined) throw new Error(`memcached said ${head}`);
      return { value, cas };
    },
    async set(key, value) {
      const [reply] = await request(`set ${key} 0 0 ${value.length}\r\n${value}\r\n`);
      if (reply !== 'STORED') throw new Error(`memcached said ${reply}`);
    },
    async cas(key, value, cas) {
      const [reply] = await request(`cas ${key} 0 0 ${value.length} ${cas}\r\n${value}\r\n`);
      if (reply !== 'STORED' && reply !== 'EXISTS') throw new Error(`memcached said ${reply}`);
      return reply === 'STORED';
    },
    close: () => socket.destroy(),
  };
}

const ENDS = new Set(['END', 'STORED', 'NOT_STORED', 'EXISTS', 'NOT_FOUND']);

/** Cuts what comes in, however it is torn, into replies: their lines up to the one that ends them. */
export function replyReader(onReply: (lines: string[]) => void): (chunk: string) => void {
  let rest = '';
  let reply: string[] = [];
  return (chunk) => {
    const lines = (rest + chunk).split('\r\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      reply.push(line);
      if (!ENDS.has(line) && !/^(CLIENT_|SERVER_)?ERROR\b/.test(line)) continue;
      onReply(reply);
      reply = [];
    }
  };
}
