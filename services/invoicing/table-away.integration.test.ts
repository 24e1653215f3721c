import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { log } from '#shared/platform/log.ts';
import { httpRequest } from '#shared/testing/http-request.ts';
import { handler as getInvoice } from './handlers/get-invoice.ts';
import { handler as listInvoices } from './handlers/list-invoices.ts';
import { handler as retryInvoice } from './handlers/retry-invoice.ts';

const sockets: Socket[] = [];
const silent = createServer((socket) => sockets.push(socket.on('error', () => {})));

beforeAll(async () => {
  jest.spyOn(log, 'info').mockImplementation(() => {});
  jest.spyOn(Metrics.prototype, 'publishStoredMetrics').mockReturnThis();
  await once(silent.listen(0, '127.0.0.1'), 'listening');
  process.env.AWS_ENDPOINT_URL = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  process.env.INVOICES_TABLE = 'invoices';
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  silent.close();
});

const request = httpRequest({
  routeKey: 'GET /v1/invoices',
  path: { id: '2026-11-H1.1.acme' },
});

test('a table that takes connections and never answers is a 503 before the function times out', async () => {
  const startedAt = performance.now();
  const responses = await Promise.all(
    [listInvoices, getInvoice, retryInvoice].map((handler) => handler(request)),
  );
  expect(performance.now() - startedAt).toBeLessThan(8_000);
  for (const response of responses) {
    expect(response).toMatchObject({ statusCode: 503, headers: { 'retry-after': '1' } });
    expect(JSON.parse(response.body ?? '')).toMatchObject({ code: 'unavailable' });
  }
}, 15_000);
