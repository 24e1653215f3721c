import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { findApiKey } from './api-key-store.ts';
import { wireAccess } from './wiring.ts';

const sockets: Socket[] = [];
const silent = createServer((socket) => sockets.push(socket.on('error', () => {})));

beforeAll(async () => {
  await once(silent.listen(0, '127.0.0.1'), 'listening');
  process.env.AWS_ENDPOINT_URL = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  process.env.ACCESS_TABLE = 'access';
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  silent.close();
});

test('a table that takes connections and never answers is found out before the authorizer times out', async () => {
  const startedAt = performance.now();
  await expect(findApiKey(wireAccess(), `tg_${'k'.repeat(43)}`)).rejects.toThrow(
    /timeout|exceeded/i,
  );
  expect(performance.now() - startedAt).toBeLessThan(8_000);
}, 15_000);
