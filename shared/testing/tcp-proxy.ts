import { connect, createServer, type Socket } from 'node:net';
import { listen } from './valkey.ts';

/** What happens to the bytes of a connection: all pass, answers are lost, or nothing gets through. */
type Manner = 'pass' | 'lose_answers' | 'silent';

/** A stretch of network before a server on loopback, which can be cut, or go silent. */
export interface TcpProxy {
  readonly url: string;
  /** How connections behave from now on, those that are open included. */
  behave(manner: Manner): void;
  /** Connections that are open go silent, without a word to either end; new ones pass. */
  forgetConnections(): void;
  /** Ends all connections and refuses new ones. */
  close(): Promise<void>;
  open(): Promise<void>;
  /** Ends all connections; new ones go to another server. */
  pointAt(port: number): void;
  readonly connections: number;
}

export async function startProxy(firstTarget: number): Promise<TcpProxy> {
  let targetPort = firstTarget;
  const open = new Set<{ manner: Manner; client: Socket; target: Socket }>();
  let manner: Manner = 'pass';
  let connections = 0;
  const server = createServer((client) => {
    connections += 1;
    const target = connect({ port: targetPort, host: '127.0.0.1' });
    const connection = { manner, client, target };
    open.add(connection);
    client.on('data', (data) => {
      if (connection.manner !== 'silent') target.write(data);
    });
    target.on('data', (data) => {
      if (connection.manner === 'pass') client.write(data);
    });
    for (const socket of [client, target]) {
      socket.on('error', () => {});
      socket.on('close', () => {
        client.destroy();
        target.destroy();
        open.delete(connection);
      });
    }
  });
  const port = await listen(server, 0);
  return {
    url: `redis://127.0.0.1:${port}`,
    behave: (next) => {
      manner = next;
      for (const connection of open) connection.manner = next;
    },
    forgetConnections: () => {
      for (const connection of open) connection.manner = 'silent';
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const { client } of open) client.destroy();
      await closed;
    },
    open: async () => {
      await listen(server, port);
    },
    pointAt: (next) => {
      targetPort = next;
      for (const { client } of open) client.destroy();
    },
    get connections() {
      return connections;
    },
  };
}
