import {
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
} from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { mockClient } from 'aws-sdk-client-mock';
import { Invoice } from '#shared/contracts/invoices.ts';
import { PLAIN_RULES } from '#shared/domain/carry-over.ts';
import type { MeteredLine } from '#shared/domain/package-line.ts';
import { correctedPackage } from '#shared/domain/packaging.ts';
import type { HttpRequest } from '#shared/platform/http.ts';
import { httpRequest } from '#shared/testing/http-request.ts';
import { type FrozenPackage, freezePackage } from './frozen-package.ts';
import { handler } from './handlers/correct-invoice.ts';
import type { InvoiceItem } from './invoice-item.ts';

const mock = mockClient(DynamoDBDocumentClient);
const written = jest.spyOn(process.stdout, 'write').mockReturnValue(true);

beforeAll(() => {
  const settings = { INVOICES_TABLE: 'invoices', SHARDS: '8', CARRY_OVER: 'true' };
  Object.assign(process.env, { ...settings, AWS_REGION: 'us-east-1' });
});
afterAll(() => {
  jest.restoreAllMocks();
});
beforeEach(() => {
  mock.reset();
  written.mockClear();
});

const LINE: MeteredLine = {
  ...{ kind: 'usage', client: 'acme', day: '2026-11-03', meter: 'sms', currency: 'EUR' },
  ...{ source: 'postpaid', events: 3, quantityMicros: 3_000_000n, amountMicros: 1_500_000n },
};
const { item: made, packed: PACKED } = freezePackage(
  correctedPackage(
    { id: '', client: 'acme', period: '2026-11-H1', currency: 'EUR', lines: [LINE] },
    [],
    1,
    PLAIN_RULES,
  ),
  1_000,
);
const PARKED: InvoiceItem = { ...made, state: 'parked', reason: 'rejected_by_invoice_api' };
const BODY = { reason: 'agreed', lines: [{ description: 'Goodwill', amount: '-0.50' }] };

function request(changes: { id?: string; body?: unknown; scopes?: string } = {}): HttpRequest {
  const { id = PARKED.id, body = BODY, scopes = 'operate' } = changes;
  const routeKey = 'POST /v1/invoices/{id}/corrections';
  return httpRequest({ routeKey, path: { id }, body, scopes });
}

async function answer(sent = request()) {
  const { statusCode, body } = await handler(sent);
  return { statusCode, body: JSON.parse(body ?? '') };
}

function stored(item: InvoiceItem | undefined, packed: FrozenPackage['packed'] = PACKED): void {
  mock.on(GetCommand).resolves(item ? { Item: item } : {});
  mock.on(GetCommand, { Key: { pk: PACKED.pk, sk: PACKED.sk } }).resolves({ Item: packed });
  mock.on(PutCommand).resolves({});
  mock.on(QueryCommand).resolves({ Items: [{ revision: 4n }] });
  mock.on(TransactWriteCommand).resolves({});
}

describe('POST /v1/invoices/{id}/corrections', () => {
  test('answers the new revision in the shape of the contract', async () => {
    stored(PARKED);
    const { statusCode, body } = await answer();
    expect(statusCode).toBe(201);
    expect(Invoice.parse(body)).toMatchObject({
      id: '2026-11-H1.5.acme',
      revision: 5,
      state: 'packaged',
      ...{ total: '1.00', paid: '0.00' },
      lines: [
        { kind: 'usage', amount: '1.50' },
        { kind: 'correction', description: 'Goodwill', amount: '-0.50' },
      ],
      history: [{ call: 'correct', answer: 'made' }],
    });
  });

  interface Refused {
    readonly changes: Partial<InvoiceItem>;
    readonly data: object;
    readonly detail: string;
  }
  const refused: Refused[] = [
    { changes: { state: 'accepted' }, data: { state: 'accepted' }, detail: 'It is accepted' },
    {
      changes: { state: 'superseded', supersededBy: 'x' },
      data: { state: 'superseded', supersededBy: 'x' },
      detail: 'x is in its place',
    },
    {
      changes: { reason: 'attempts_exhausted' },
      data: { state: 'parked', reason: 'attempts_exhausted' },
      detail: 'Retry it first',
    },
  ];
  test.each(refused)(
    'does not correct $changes, and says what to do',
    async ({ changes, data, detail }) => {
      stored({ ...PARKED, ...changes });
      const { statusCode, body } = await answer();
      expect(statusCode).toBe(409);
      expect(body).toMatchObject({ code: 'not_correctable', data });
      expect(body.detail).toContain(detail);
      expect(mock.commandCalls(TransactWriteCommand)).toEqual([]);
    },
  );

  test('does not go on with lines that are damaged', async () => {
    stored(PARKED, { ...PACKED, lines: Buffer.from('no lines') });
    const { statusCode, body } = await answer();
    const data = { state: 'parked', reason: 'rejected_by_invoice_api' };
    expect(statusCode).toBe(409);
    expect(body).toMatchObject({ code: 'not_correctable', data });
    expect(body.detail).toContain('frozen');
    expect(mock.commandCalls(PutCommand)).toEqual([]);
  });

  test.each(['2026-11-H1.9.acme', 'nonsense', '2026-11-H1.1.a b'])('knows no %s', async (id) => {
    stored(undefined);
    expect(await answer(request({ id }))).toMatchObject({
      statusCode: 404,
      body: { code: 'not_found' },
    });
  });

  test.each([
    {},
    { lines: [] },
    { reason: '', lines: [] },
    { reason: 'x', lines: [{ description: '', amount: '1' }] },
    { reason: 'x', lines: [{ description: 'd', amount: '1.0000001' }] },
    { reason: 'x', lines: [{ description: 'd', amount: 1 }] },
    { reason: 'x', lines: Array.from({ length: 21 }, () => ({ description: 'd', amount: '1' })) },
  ])('refuses the body %#', async (body) => {
    expect(await answer(request({ body }))).toMatchObject({
      ...{ statusCode: 400, body: { code: 'invalid_body' } },
    });
  });

  test('asks for the scope operate', async () => {
    expect(await answer(request({ scopes: 'charge' }))).toMatchObject({ statusCode: 403 });
  });

  test('says to come back where the table is away', async () => {
    mock.on(GetCommand).rejects(new Error('away'));
    expect(await answer()).toMatchObject({ statusCode: 503, body: { code: 'unavailable' } });
  });
});
