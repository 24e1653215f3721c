import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { invoiceApiDocument } from './openapi.ts';
import { buildInvoiceApi } from './server.ts';
import { DEFAULT_SETTINGS, NO_FAULTS, type Settings } from './settings.ts';

const QUICK: Settings = {
  ...DEFAULT_SETTINGS,
  requestsPerSecond: 1_000,
  latencyMs: { min: 0, max: 0 },
  decisionMs: { min: 0, max: 0 },
  shares: NO_FAULTS,
};

let server: FastifyInstance;
let url: string;
beforeEach(async () => {
  server = buildInvoiceApi(QUICK);
  url = await server.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(() => server.close());

function invoice(change: Record<string, unknown> = {}) {
  return {
    id: '2026-11-H1.1.acme',
    client: 'acme',
    period: '2026-11-H1',
    revision: 1,
    currency: 'EUR',
    total: '0.30',
    paid: '0.00',
    lines: [line({ amount: '0.10' }), line({ meter: 'sms', amount: '0.2' })],
    ...change,
  };
}

function line(change: Record<string, unknown> = {}) {
  return {
    day: '2026-11-02',
    meter: 'tokens',
    source: 'postpaid',
    kind: 'usage',
    events: 3,
    quantity: '1500',
    amount: '0.10',
    ...change,
  };
}

function submit(body: unknown, key = (body as { id: string }).id): Promise<Response> {
  return fetch(`${url}/invoices`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

function lookUp(id: string): Promise<Response> {
  return fetch(`${url}/invoices/${encodeURIComponent(id)}`);
}

async function change(settings: object): Promise<Response> {
  return fetch(`${url}/control/settings`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(settings),
  });
}

// biome-ignore lint/suspicious/noExplicitAny: the tests name what they look at.
async function get(path: string): Promise<any> {
  return (await fetch(`${url}${path}`)).json();
}

describe('a submission', () => {
  test('is taken, and accepted in its time', async () => {
    await change({ decisionMs: { min: 600_000, max: 600_000 } });
    const answer = await submit(invoice());
    expect(answer.status).toBe(202);
    expect(await answer.json()).toEqual({ id: '2026-11-H1.1.acme', status: 'processing' });
    expect(await (await lookUp('2026-11-H1.1.acme')).json()).toMatchObject({
      status: 'processing',
    });

    await change({ decisionMs: { min: 0, max: 0 } });
    await submit(invoice({ id: 'b', client: 'b' }));
    expect(await (await lookUp('b')).json()).toEqual({ id: 'b', status: 'accepted' });
  });

  test('again is answered as the first time, and makes no second invoice', async () => {
    const first = await submit(invoice());
    const again = await submit(invoice());
    expect(again.status).toBe(202);
    expect(await again.json()).toEqual(await first.json());
    const { counters, currencies } = await get('/books');
    expect(counters).toMatchObject({ booked: 1, repeatedSubmissions: 1, secondInvoices: 0 });
    expect(currencies.EUR.booked).toEqual({ invoices: 1, amount: '0.30' });
  });

  test('twice at once is one invoice', async () => {
    await change({ latencyMs: { min: 20, max: 20 } });
    await Promise.all([submit(invoice()), submit(invoice())]);
    expect((await get('/books')).counters).toMatchObject({ booked: 1, repeatedSubmissions: 1 });
  });

  test('with the id of another body is a conflict', async () => {
    await submit(invoice());
    const answer = await submit(invoice({ lines: [line({ amount: '0.30' })] }));
    expect(answer.status).toBe(409);
    expect((await get('/books')).counters).toMatchObject({ booked: 1, conflictingSubmissions: 1 });
  });

  test('for a package that has an invoice under another id is counted', async () => {
    await submit(invoice());
    await submit(invoice({ id: 'another' }));
    expect((await get('/books')).counters).toMatchObject({ booked: 2, secondInvoices: 1 });
  });

  test('of a credit, with an id of the longest kind, is an invoice like any other', async () => {
    const id = `${'ü'.repeat(100)}/${'%'.repeat(99)}`;
    const body = invoice({
      id,
      total: '-0.05',
      lines: [line({ kind: 'adjustment', events: -1, quantity: '-10', amount: '-0.05' })],
    });
    // A header carries Latin-1 only.
    expect((await submit(body, id)).status).toBe(202);
    expect(await (await lookUp(id)).json()).toEqual({ id, status: 'accepted' });
  });

  test('of which the client has paid a part already is taken', async () => {
    const body = invoice({
      total: '0.32',
      paid: '0.15',
      lines: [
        line({ source: 'prepaid', amount: '0.10' }),
        line({ source: 'reversal', kind: 'credit', amount: '-0.05' }),
        line({ amount: '0.20' }),
        { kind: 'carry_over', from: '2026-10-H2.1.acme', amount: '0.12', paid: '0.10' },
        { kind: 'correction', description: 'as agreed by phone', amount: '-0.05' },
      ],
    });
    expect((await submit(body)).status).toBe(202);
    expect((await get('/books/invoices')).invoices).toMatchObject([
      { total: '0.32', paid: '0.15' },
    ]);
  });

  test.each<[string, unknown, string, number]>([
    ['no total', invoice({ total: undefined }), '2026-11-H1.1.acme', 422],
    ['a field that is unknown', invoice({ note: 'x' }), '2026-11-H1.1.acme', 422],
    ['no lines', invoice({ lines: [], total: '0' }), '2026-11-H1.1.acme', 422],
    ['a total that is not the sum', invoice({ total: '0.300001' }), '2026-11-H1.1.acme', 422],
    [
      'a paid amount that is not that of its lines',
      invoice({ paid: '0.1' }),
      '2026-11-H1.1.acme',
      422,
    ],
    ['a paid amount that is no decimal', invoice({ paid: 'all' }), '2026-11-H1.1.acme', 422],
    ['a total that is no decimal', invoice({ total: '3e-1' }), '2026-11-H1.1.acme', 422],
    [
      'a seventh decimal',
      invoice({ lines: [line({ amount: '0.3000001' })] }),
      '2026-11-H1.1.acme',
      422,
    ],
    ['an unknown currency', invoice({ currency: 'XXQ' }), '2026-11-H1.1.acme', 422],
    ['another key', invoice(), 'another', 400],
    ['a body that is not JSON', '{', 'x', 400],
  ])('with %s is refused', async (_, body, key, status) => {
    const answer = await submit(body, key);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch('application/problem+json');
    expect(await answer.json()).toMatchObject({ status });
    expect((await get('/books')).counters).toMatchObject({ booked: 0 });
  });
});

describe('a faulty system', () => {
  test.each([
    ['serverErrorBeforeAccepting', 500, 404],
    ['serverErrorAfterAccepting', 500, 200],
    ['lost', 202, 404],
  ])('%s answers %i, and a look-up then %i', async (share, submitted, lookedUp) => {
    await change({ shares: { [share]: 1 } });
    expect((await submit(invoice())).status).toBe(submitted);
    expect((await lookUp('2026-11-H1.1.acme')).status).toBe(lookedUp);
    expect((await get('/books')).faults).toMatchObject({ [share]: 1 });

    await change({ shares: { [share]: 0 } });
    expect((await submit(invoice())).status).toBe(202);
    expect((await get('/books')).counters).toMatchObject({ booked: 1, secondInvoices: 0 });
  });

  test.each([
    ['timeoutBeforeAccepting', 404],
    ['timeoutAfterAccepting', 200],
  ])('%s never answers, and a look-up then %i', async (share, lookedUp) => {
    await change({ timeoutMs: 20, shares: { [share]: 1 } });
    await expect(submit(invoice())).rejects.toThrow();
    expect((await lookUp('2026-11-H1.1.acme')).status).toBe(lookedUp);
  });

  test('closes at once although a request is still without an answer', async () => {
    await change({ shares: { timeoutAfterAccepting: 1 } });
    const answer = expect(submit(invoice())).rejects.toThrow();
    while ((await get('/books')).counters.booked === 0);
    await server.close();
    await answer;
  });

  test('look-ups fail on their own', async () => {
    await change({ shares: { lookUpServerError: 1 } });
    expect((await submit(invoice())).status).toBe(202);
    expect((await lookUp('2026-11-H1.1.acme')).status).toBe(503);
    await change({ timeoutMs: 20, shares: { lookUpServerError: 0, lookUpTimeout: 1 } });
    await expect(lookUp('2026-11-H1.1.acme')).rejects.toThrow();
  });

  test('a rejected invoice has a reason, and is looked at again when it comes again', async () => {
    await change({ shares: { rejected: 1 } });
    await submit(invoice());
    expect(await (await lookUp('2026-11-H1.1.acme')).json()).toEqual({
      id: '2026-11-H1.1.acme',
      status: 'rejected',
      reason: expect.stringMatching(/^E\d{4} /),
    });
    await change({ shares: { rejected: 0 } });
    expect((await submit(invoice())).status).toBe(202);
    expect(await (await lookUp('2026-11-H1.1.acme')).json()).toMatchObject({ status: 'accepted' });
    expect((await get('/books')).counters).toMatchObject({
      booked: 1,
      accepted: 1,
      rejected: 0,
      reconsidered: 1,
      repeatedSubmissions: 0,
    });
  });

  test('requests over the limit are answered 429 and counted, those to the books are not', async () => {
    await change({ requestsPerSecond: 2 });
    await get('/books');
    const answers = await Promise.all(['a', 'b', 'c', 'd', 'e'].map(lookUp));
    const throttled = answers.filter(({ status }) => status === 429);
    expect(throttled).toHaveLength(3);
    expect(throttled[0]?.headers.get('retry-after')).toBe('1');
    expect((await get('/books')).counters).toMatchObject({
      requests: 5,
      requestsPerSecondPeak: 5,
      overLimit: 3,
      throttled: 3,
    });
  });
});

describe('control and books', () => {
  test('a change keeps the other settings; what is no setting changes nothing', async () => {
    const before = await get('/control/settings');
    expect((await change({ shares: { lost: 0.5 } })).status).toBe(200);
    const wanted = { ...before, shares: { ...before.shares, lost: 0.5 } };
    expect(await get('/control/settings')).toEqual(wanted);
    for (const wrong of [
      { shares: { lost: 2 } },
      { shares: { serverErrorBeforeAccepting: 0.6 } },
      { latencyMs: { min: 5, max: 1 } },
      { speed: 1 },
    ]) {
      expect((await change(wrong)).status).toBe(422);
    }
    expect(await get('/control/settings')).toEqual(wanted);
  });

  test('a reset empties the books and puts the first settings back', async () => {
    await change({ seed: 'other' });
    await submit(invoice());
    expect((await fetch(`${url}/control/reset`, { method: 'POST' })).status).toBe(204);
    expect(await get('/control/settings')).toEqual(QUICK);
    expect((await get('/books')).counters).toMatchObject({ requests: 0, booked: 0 });
    expect((await lookUp('2026-11-H1.1.acme')).status).toBe(404);
  });

  test('all invoices can be read page by page, amounts per currency add up', async () => {
    for (const [index, currency] of ['EUR', 'USD', 'EUR', 'EUR', 'USD'].entries()) {
      await submit(invoice({ id: `i${index}`, client: `c${index}`, currency }));
    }
    const ids: string[] = [];
    let after: string | undefined = '0';
    while (after !== undefined) {
      const page = await get(`/books/invoices?after=${after}&limit=2`);
      ids.push(...page.invoices.map(({ id }: { id: string }) => id));
      after = page.next;
    }
    expect(ids).toEqual(['i0', 'i1', 'i2', 'i3', 'i4']);
    const { invoices } = await get('/books/invoices?limit=1');
    expect(invoices[0]).toMatchObject({
      ...invoice({ id: 'i0', client: 'c0' }),
      status: 'accepted',
    });
    expect((await get('/books')).currencies).toMatchObject({
      EUR: { accepted: { invoices: 3, amount: '0.90' }, rejected: { invoices: 0, amount: '0.00' } },
      USD: { booked: { invoices: 2, amount: '0.60' } },
    });
    expect((await fetch(`${url}/books/invoices?limit=0`)).status).toBe(400);
  });
});

test('the OpenAPI document in docs/ is the one made from the schemas', async () => {
  const written = await import('../../docs/invoice-api.openapi.json', { with: { type: 'json' } });
  expect(written.default).toEqual(invoiceApiDocument());
});
