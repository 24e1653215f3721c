import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Answer } from '#shared/domain/invoice.ts';
import { listen } from '#shared/testing/valkey.ts';
import { waitUntil } from '#shared/testing/wait-until.ts';
import { createHttpInvoiceApi, MAX_RETRY_AFTER_MS } from './invoice-api-client.ts';
import { invoiceItem, packedLines } from './testing/memory-store.ts';
import { toSubmission } from './to-submission.ts';

let respond: (request: IncomingMessage, response: ServerResponse) => void;
const seen: { method?: string; url?: string; key?: unknown; body: string }[] = [];
const server = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => {
    body += chunk;
  });
  request.on('end', () => {
    const { method, url, headers } = request;
    seen.push({
      ...(method && { method }),
      ...(url && { url }),
      key: headers['idempotency-key'],
      body,
    });
    respond(request, response);
  });
});
const connect = (timeoutMs = 5_000) =>
  createHttpInvoiceApi({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/billing/`,
    timeoutMs,
  });

beforeAll(() => new Promise<void>((done) => void server.listen(0, '127.0.0.1', done)));
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const item = invoiceItem();
const submission = toSubmission({ item, packed: packedLines(item) });
const id = submission.id;

function answerWith(status: number, body: unknown, headers: Record<string, string> = {}): void {
  respond = (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

const noAnswer = (detail: string): Answer => ({ type: 'no_answer', detail });
const denied = (detail: string): Answer => ({ type: 'denied', detail });

describe('a submission', () => {
  test('carries the package and its id as the idempotency key', async () => {
    answerWith(202, { id, status: 'processing' });
    seen.length = 0;
    await connect().submit(submission);
    expect(seen).toEqual([
      { method: 'POST', url: '/billing/invoices', key: id, body: JSON.stringify(submission) },
    ]);
    expect(submission).toMatchObject({
      ...{ total: '1.50', paid: '0.00' },
      lines: [{ quantity: '3', amount: '1.50', day: '2026-11-03', kind: 'usage' }],
    });
  });

  test.each<[number, unknown, Answer]>([
    [202, { id, status: 'processing' }, { type: 'taken' }],
    [200, { id, status: 'processing', more: 1 }, { type: 'taken' }],
    [200, { id, status: 'accepted', lines: 'x'.repeat(500_000) }, { type: 'accepted' }],
    [201, { id, status: 'accepted' }, { type: 'accepted' }],
    [200, { id, status: 'rejected', reason: 'E17' }, { type: 'rejected', detail: 'E17' }],
    [200, { id, status: 'rejected' }, { type: 'rejected', detail: 'no reason given' }],
    [400, { title: 'Bad', detail: 'no total' }, { type: 'refused', detail: '400: no total' }],
    [413, '', { type: 'refused', detail: '413: no body' }],
    [422, { message: 'no lines' }, { type: 'refused', detail: '422: no lines' }],
    [429, '', { type: 'throttled', retryAfterMs: 1_000 }],
    [401, { error: 'Unauthorized' }, denied('401: Unauthorized')],
    [403, 'Forbidden', denied('403: Forbidden')],
    [404, { message: 'Not Found' }, denied('404: Not Found')],
    [405, '', denied('405: no body')],
    [301, '', denied('301: no body')],
    [408, '', noAnswer('408: no body')],
    [409, { title: 'Another body' }, noAnswer('409: Another body')],
    [500, 'oops', noAnswer('500: oops')],
    [503, { title: 'Busy' }, noAnswer('503: Busy')],
    [202, 'taken!', noAnswer('202 with no status of this invoice: taken!')],
    [202, '', noAnswer('202 with no status of this invoice: ')],
    [204, '', noAnswer('204: no body')],
    [
      202,
      { id: 'another', status: 'accepted' },
      noAnswer('202 with no status of this invoice: {"id":"another","status":"accepted"}'),
    ],
  ])('answered %i %.80j is understood as %j', async (status, body, answer) => {
    answerWith(status, body);
    expect(await connect().submit(submission)).toEqual(answer);
  });
});

describe('a look-up', () => {
  test('asks for the invoice by its id', async () => {
    answerWith(404, {});
    seen.length = 0;
    await connect().lookUp('2026-11-H1.1.a@b=c');
    expect(seen).toMatchObject([
      { method: 'GET', url: '/billing/invoices/2026-11-H1.1.a%40b%3Dc' },
    ]);
  });

  test.each<[number, unknown, Record<string, string>, Answer]>([
    [200, { id, status: 'processing' }, {}, { type: 'taken' }],
    [200, { id, status: 'accepted' }, {}, { type: 'accepted' }],
    [200, { id, status: 'rejected', reason: 'E17' }, {}, { type: 'rejected', detail: 'E17' }],
    [
      200,
      { id, status: 'eaten' },
      {},
      noAnswer('200 with no status of this invoice: {"id":"2026-11-H1.1.acme","status":"eaten"}'),
    ],
    [404, { title: 'There is no invoice' }, {}, { type: 'absent' }],
    [404, '<h1>nginx</h1>', { 'content-type': 'text/html' }, denied('404: <h1>nginx</h1>')],
    [400, '', {}, denied('400: no body')],
    [401, '', {}, denied('401: no body')],
    [429, '', { 'retry-after': '3' }, { type: 'throttled', retryAfterMs: 3_000 }],
    [502, '', {}, noAnswer('502: no body')],
  ])('answered %i %j is understood as the fourth', async (status, body, headers, answer) => {
    answerWith(status, body, headers);
    expect(await connect().lookUp(id)).toEqual(answer);
  });
});

describe('Retry-After', () => {
  test.each([
    ['7', 7_000],
    ['0', 0],
    ['1.5', 1_500],
    ['Sat, 21 Nov 2026 12:00:30 GMT', 30_000],
    ['Sat, 21 Nov 2026 11:00:00 GMT', 0],
    ['999999999', MAX_RETRY_AFTER_MS],
    ['soon', 1_000],
    ['-5', 1_000],
  ])('%s means %i ms', async (text, retryAfterMs) => {
    answerWith(429, '', { 'retry-after': text, date: 'Sat, 21 Nov 2026 12:00:00 GMT' });
    const answer = await connect().submit(submission);
    expect(answer).toEqual({ type: 'throttled', retryAfterMs });
  });

  test('of a 503 is kept too', async () => {
    answerWith(503, '', { 'retry-after': '20' });
    expect(await connect().lookUp(id)).toMatchObject({ type: 'no_answer', retryAfterMs: 20_000 });
  });
});

describe('no answer', () => {
  test('within the time', async () => {
    respond = () => {};
    expect(await connect(100).submit(submission)).toEqual(noAnswer('no answer within 100 ms'));
  });

  test('that ends within the time', async () => {
    respond = (_request, response) => {
      response.writeHead(202).write('{"id":');
    };
    expect(await connect(100).submit(submission)).toEqual(noAnswer('no answer within 100 ms'));
  });

  test('because the connection is cut', async () => {
    respond = (request) => request.socket.destroy();
    expect((await connect().submit(submission)).type).toBe('no_answer');
  });

  test('because nobody listens', async () => {
    const api = createHttpInvoiceApi({ url: 'http://127.0.0.1:1', timeoutMs: 1_000 });
    expect((await api.lookUp(id)).type).toBe('no_answer');
  });

  test('that is endless is cut off', async () => {
    respond = (_request, response) => {
      response.writeHead(500);
      response.end('x'.repeat(1_000_000));
    };
    const answer = await connect().submit(submission);
    expect(answer.type).toBe('no_answer');
    expect(JSON.stringify(answer).length).toBeLessThan(400);
  });
});

function acceptedReply(of: string): string {
  const body = JSON.stringify({ id: of, status: 'accepted' });
  return `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}

test('a second copy of an answer that names no invoice meets no other request', async () => {
  const refusal = 'HTTP/1.1 422 Not So\r\ncontent-length: 2\r\n\r\n{}';
  const sockets: Socket[] = [];
  // On the connection that was refused something, the refusal comes again with the next request.
  const twice = createTcpServer((socket) => {
    const isFirst = sockets.push(socket.on('error', () => {})) === 1;
    const answer = isFirst ? refusal : acceptedReply(id);
    socket.on('data', () => socket.write(answer));
  });
  const port = await listen(twice, 0);
  try {
    const api = createHttpInvoiceApi({ url: `http://127.0.0.1:${port}`, timeoutMs: 1_000 });
    expect((await api.submit({ ...submission, id: 'another' })).type).toBe('refused');
    expect(await api.submit(submission)).toEqual({ type: 'accepted' });
  } finally {
    for (const socket of sockets) socket.destroy();
    twice.close();
  }
});

test('what is sent says whether its connection was new', async () => {
  answerWith(202, { id, status: 'processing' });
  const api = connect();
  const wasNew: boolean[] = [];
  const note = (isOnNewConnection: boolean) => wasNew.push(isOnNewConnection);
  await api.submit(submission, note);
  await api.submit(submission, note);
  await api.lookUp(id, note, true);
  expect(wasNew).toEqual([true, false, true]);
});

test('a second answer to one request is not taken for the answer to the next', async () => {
  const notFound =
    'HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\nconnection: keep-alive\r\n\r\n{}';
  const sockets: Socket[] = [];
  const twice = createTcpServer((socket) => {
    sockets.push(socket.on('error', () => {}));
    socket.on('data', () => {
      socket.write(acceptedReply(sockets.length === 1 ? 'another' : id));
      // When the connection is idle again.
      if (sockets.length === 1) setTimeout(() => socket.write(notFound), 30);
    });
  });
  const port = await listen(twice, 0);
  try {
    const api = createHttpInvoiceApi({ url: `http://127.0.0.1:${port}`, timeoutMs: 1_000 });
    expect(await api.lookUp('another')).toEqual({ type: 'accepted' });
    await waitUntil(async () => sockets.every(({ bytesWritten }) => bytesWritten > 100));
    expect(await api.lookUp(id, undefined, true)).toEqual({ type: 'accepted' });
  } finally {
    for (const socket of sockets) socket.destroy();
    twice.close();
  }
});
