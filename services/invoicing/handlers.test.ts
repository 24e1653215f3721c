import {
  BatchGetCommand,
  DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { mockClient } from 'aws-sdk-client-mock';
import {
  type FrozenPackage,
  type InvoiceItem,
  type PackedLines,
  partitionsOf,
} from '#services/packaging/public.ts';
import { Invoice, InvoicePage, RetriesAnswer } from '#shared/contracts/invoices.ts';
import type { HttpRequest } from '#shared/platform/http.ts';
import { bodyOf, httpRequest, type RequestParts } from '#shared/testing/http-request.ts';
import { handler as getInvoice } from './handlers/get-invoice.ts';
import { handler as listInvoices } from './handlers/list-invoices.ts';
import { handler as retryInvoice } from './handlers/retry-invoice.ts';
import { handler as retryInvoices } from './handlers/retry-invoices.ts';
import { invoiceItem, packedLines } from './testing/memory-store.ts';

const mock = mockClient(DynamoDBDocumentClient);
const written = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
const lines = () => written.mock.calls.map(([line]) => JSON.parse(String(line)));

beforeAll(() => {
  process.env.INVOICES_TABLE = 'invoices';
  process.env.AWS_REGION = 'us-east-1';
});
afterAll(() => {
  jest.restoreAllMocks();
});
beforeEach(() => {
  mock.reset();
  written.mockClear();
});

interface Asked extends Pick<RequestParts, 'query' | 'scopes' | 'body'> {
  readonly id?: string;
}

function request({ id, ...parts }: Asked): HttpRequest {
  const routeKey = 'GET /v1/invoices';
  return httpRequest({ routeKey, ...parts, ...(id !== undefined && { path: { id } }) });
}

/** What the table holds of an invoice. */
function stored({ item, packed }: FrozenPackage): void {
  mock.on(GetCommand).resolves({ Item: item });
  const { pk, sk } = packedLines(item);
  mock.on(GetCommand, { Key: { pk, sk } }).resolves({ Item: packed });
}

const whole = (item: InvoiceItem) => ({ item, packed: packedLines(item) });

describe('GET /v1/invoices', () => {
  test('answers a page in the shape of the contract', async () => {
    const item = invoiceItem({ client: 'acme', state: 'parked', reason: 'attempts_exhausted' });
    mock.on(QueryCommand).resolves({});
    mock
      .on(QueryCommand, { ExpressionAttributeValues: { ':partition': item.statePartition } })
      .resolves({ Items: [{ pk: item.pk, sk: item.sk, dueAtMs: item.dueAtMs }] });
    mock.on(BatchGetCommand).resolves({ Responses: { invoices: [item] } });
    const response = await listInvoices(request({ query: { state: 'parked', limit: '10' } }));
    expect(response.statusCode).toBe(200);
    expect(InvoicePage.parse(bodyOf(response))).toEqual({
      invoices: [
        {
          id: '2026-11-H1.1.acme',
          client: 'acme',
          period: '2026-11-H1',
          revision: 1,
          currency: 'USD',
          total: '1.50',
          state: 'parked',
          reason: 'attempts_exhausted',
          attempts: 0,
          packagedAt: '1970-01-01T00:00:01.000Z',
          updatedAt: '1970-01-01T00:00:01.000Z',
        },
      ],
    });
    expect(lines()).toHaveLength(1);
  });

  test('a state that is named twice is looked through once', async () => {
    mock.on(QueryCommand).resolves({});
    const response = await listInvoices(request({ query: { state: 'parked,parked' } }));
    expect(response.statusCode).toBe(200);
    const partitions = mock
      .commandCalls(QueryCommand)
      .map(({ args: [{ input }] }) => input.ExpressionAttributeValues?.[':partition']);
    expect(partitions).toHaveLength(partitionsOf('parked').length);
    expect(new Set(partitions)).toEqual(new Set(partitionsOf('parked')));
  });

  test.each([
    [{ state: 'lost' }, 'state'],
    [{ client: 'a b' }, 'client'],
    [{ period: '2026-11' }, 'period'],
    [{ limit: '0' }, 'limit'],
    [{ limit: '101' }, 'limit'],
    [{ limit: '1e1' }, 'limit'],
    [{ cursor: 'forged' }, 'cursor'],
    [{ order: 'desc' }, 'order'],
  ] as Record<string, string>[][])('refuses %j', async (query, name) => {
    const response = await listInvoices(request({ query: query as Record<string, string> }));
    expect(response.statusCode).toBe(400);
    expect(bodyOf(response)).toMatchObject({ code: 'invalid_parameter' });
    expect(bodyOf(response).detail).toContain(String(name));
  });
});

describe('GET /v1/invoices/{id}', () => {
  test('answers the invoice with its lines and its history', async () => {
    const history = [
      { atMs: 2_000n, call: 'submit', answer: 'no_answer', detail: '500', latencyMs: 31n },
    ] as const;
    stored(whole(invoiceItem({ state: 'unknown', history, attempts: 1n })));
    const response = await getInvoice(request({ id: '2026-11-H1.1.acme' }));
    expect(response.statusCode).toBe(200);
    expect(Invoice.parse(bodyOf(response))).toMatchObject({
      state: 'unknown',
      dueAt: '1970-01-01T00:00:01.000Z',
      lines: [{ day: '2026-11-03', quantity: '3', amount: '1.50' }],
      history: [
        {
          at: '1970-01-01T00:00:02.000Z',
          call: 'submit',
          answer: 'no_answer',
          detail: '500',
          latencyMs: 31,
        },
      ],
    });
  });

  test.each<[string, PackedLines | undefined]>([
    ['are missing', undefined],
    ['cannot be unpacked', { ...packedLines(invoiceItem()), lines: Buffer.from('{') }],
    ['are those of another', packedLines(invoiceItem({ client: 'other' }))],
  ])('shows a package whose lines %s, without lines, and says so', async (_, packed) => {
    stored({ item: invoiceItem({ state: 'parked' }), packed });
    const response = await getInvoice(request({ id: '2026-11-H1.1.acme' }));
    expect(bodyOf(response)).toMatchObject({
      ...{ state: 'parked', lines: [] },
      linesProblem: expect.stringContaining('Damaged: the lines of 2026-11-H1.1.acme'),
    });
  });

  test.each(['2026-11-H1.1.nobody', 'x', '2026-11-H1.1.a b', ''])('knows no %j', async (id) => {
    mock.on(GetCommand).resolves({});
    const response = await getInvoice(request({ id }));
    expect(response.statusCode).toBe(404);
    expect(bodyOf(response)).toMatchObject({ code: 'not_found' });
  });
});

describe('POST /v1/invoices/{id}/retry', () => {
  test('takes a parked invoice up again', async () => {
    const item = invoiceItem({ state: 'parked', reason: 'refused_by_invoice_api' });
    stored(whole(item));
    mock.on(UpdateCommand).resolves({});
    const response = await retryInvoice(request({ id: item.id }));
    expect(response.statusCode).toBe(202);
    expect(Invoice.parse(bodyOf(response))).toMatchObject({
      state: 'packaged',
      history: [{ call: 'retry', detail: 'refused_by_invoice_api; asked for with API key k1' }],
    });
  });

  test('answers 409 for any other', async () => {
    mock.on(GetCommand).resolves({ Item: invoiceItem({ state: 'accepted' }) });
    const response = await retryInvoice(request({ id: '2026-11-H1.1.acme' }));
    expect(response.statusCode).toBe(409);
    expect(bodyOf(response)).toMatchObject({ code: 'not_retryable', data: { state: 'accepted' } });
  });
});

test.each([
  ['list', listInvoices],
  ['get', getInvoice],
  ['retry', retryInvoice],
])('%s needs the scope operate', async (_name, handler) => {
  const response = await handler(request({ id: '2026-11-H1.1.acme', scopes: 'charge usage' }));
  expect(response.statusCode).toBe(403);
});

describe('where DynamoDB', () => {
  const asked = [
    ['list', () => listInvoices(request({ query: { client: 'acme' } }))],
    ['list by index', () => listInvoices(request({ query: { state: 'parked' } }))],
    ['get', () => getInvoice(request({ id: '2026-11-H1.1.acme' }))],
    ['retry', () => retryInvoice(request({ id: '2026-11-H1.1.acme' }))],
  ] as const;
  const failure = (name: string) => Object.assign(new Error(name), { name });

  test.each(asked)('fails, %s answers 503 with a time to come back', async (_, ask) => {
    mock.onAnyCommand().rejects(failure('ProvisionedThroughputExceededException'));
    const response = await ask();
    expect(response).toMatchObject({ statusCode: 503, headers: { 'retry-after': '1' } });
    expect(bodyOf(response)).toMatchObject({ code: 'unavailable' });
    expect(lines()).toMatchObject([{ cause: 'ProvisionedThroughputExceededException' }]);
  });

  test('fails to write a retry, it answers 503', async () => {
    mock.on(GetCommand).resolves({ Item: invoiceItem({ state: 'parked' }) });
    mock.on(UpdateCommand).rejects(failure('TimeoutError'));
    const response = await retryInvoice(request({ id: '2026-11-H1.1.acme' }));
    expect(response.statusCode).toBe(503);
  });

  test.each(asked)('refuses what %s asks for, that is a fault of ours', async (_, ask) => {
    mock.onAnyCommand().rejects(failure('ValidationException'));
    expect((await ask()).statusCode).toBe(500);
    expect(lines()).toMatchObject([{ level: 'ERROR' }]);
  });
});

describe('POST /v1/invoices/retries', () => {
  const body = (value: unknown) => request({ body: value });

  test('says in the shape of the contract what a retry would do', async () => {
    const parked = invoiceItem({ state: 'parked', reason: 'attempts_exhausted' });
    mock.on(BatchGetCommand).resolves({ Responses: { invoices: [parked] } });
    const response = await retryInvoices(body({ ids: [parked.id], dryRun: true }));
    expect(response.statusCode).toBe(200);
    expect(RetriesAnswer.parse(bodyOf(response))).toEqual({
      submit: 0,
      lookUp: 1,
      byReason: { attempts_exhausted: 1 },
      left: [],
    });
    expect(mock.commandCalls(UpdateCommand)).toHaveLength(0);
  });

  test.each([
    [{}, ''],
    [{ ids: [] }, '/ids'],
  ])('%j is refused', async (value, pointer) => {
    const response = await retryInvoices(body(value));
    expect(response.statusCode).toBe(400);
    expect(bodyOf(response)).toMatchObject({ code: 'invalid_body', issues: [{ pointer }] });
  });
});
