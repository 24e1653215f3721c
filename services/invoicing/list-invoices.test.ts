import { describe, expect, jest, test } from '@jest/globals';
import { INVOICE_STATES } from '#shared/domain/invoice.ts';
import { ProblemError } from '#shared/platform/problem-error.ts';
import type { InvoiceStore } from './invoice-store.ts';
import { decodeCursor, encodeCursor } from './list-cursor.ts';
import { type InvoiceFilter, listInvoices } from './list-invoices.ts';
import { invoiceItem, memoryStore } from './testing/memory-store.ts';

const CLIENTS = Array.from({ length: 40 }, (_, index) => `client-${index}`);
const items = CLIENTS.flatMap((client, index) =>
  ['2026-10-H2', '2026-11-H1'].map((period, second) =>
    invoiceItem({
      client,
      period,
      state: INVOICE_STATES[(index + second) % INVOICE_STATES.length] ?? 'packaged',
      dueAtMs: BigInt(1_000 + (index % 3)),
    }),
  ),
);
const store = memoryStore(items);

async function listAll(
  filter: InvoiceFilter,
  limit: number,
  from: InvoiceStore = store,
): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < 200; pages++) {
    const page = await listInvoices(from, filter, limit, cursor);
    expect(page.invoices.length).toBeLessThanOrEqual(limit);
    ids.push(...page.invoices.map(({ id }) => id));
    cursor = page.nextCursor;
    if (cursor === undefined) return ids;
  }
  throw new Error('the pages do not end');
}

describe.each<[string, InvoiceFilter]>([
  ['everything', {}],
  ['a state', { state: 'parked' }],
  ['a period', { period: '2026-11-H1' }],
  ['a period and a state', { period: '2026-10-H2', state: 'accepted' }],
  ['a client', { client: 'client-7' }],
  ['a client and a period', { client: 'client-7', period: '2026-11-H1' }],
  ['a client and a state', { client: 'client-7', state: 'packaged' }],
  ['all three', { client: 'client-7', period: '2026-11-H1', state: 'sending' }],
  ['nothing', { client: 'nobody' }],
])('a list of %s', (_name, filter) => {
  const expected = items
    .filter(
      (item) =>
        (!filter.state || item.state === filter.state) &&
        (!filter.client || item.client === filter.client) &&
        (!filter.period || item.period === filter.period),
    )
    .map(({ id }) => id)
    .sort();

  test.each([1, 3, 100])('has each once, %i a page', async (limit) => {
    expect((await listAll(filter, limit)).sort()).toEqual(expected);
  });
});

describe('a client whose invoices are large, so that DynamoDB ends its pages early,', () => {
  const periods = Array.from({ length: 12 }, (_, month) => [
    `2026-${String(month + 1).padStart(2, '0')}-H1`,
    `2026-${String(month + 1).padStart(2, '0')}-H2`,
  ]).flat();
  const large = periods.map((period, index) =>
    invoiceItem({ client: 'large', period, state: index % 6 ? 'accepted' : 'parked' }),
  );
  const ids = large.map(({ id }) => id);

  test.each([1, 5, 23, 24, 100])('has all of them listed in order, %i a page', async (limit) => {
    const short = memoryStore(large, { headsAPage: 1 });
    expect(await listAll({ client: 'large' }, limit, short)).toEqual(ids);
  });

  test('has a page that is full after many short looks, and goes on after it', async () => {
    const short = memoryStore(large, { headsAPage: 2 });
    const filter = { client: 'large', state: 'parked' } as const;
    const page = await listInvoices(short, filter, 3);
    expect(page.invoices.map(({ id }) => id)).toEqual([ids[0], ids[6], ids[12]]);
    const next = await listInvoices(short, filter, 3, page.nextCursor);
    expect(next.invoices.map(({ id }) => id)).toEqual([ids[18]]);
    expect(next).not.toHaveProperty('nextCursor');
  });

  test('ends a page where looking takes long, and the next page goes on', async () => {
    const now = jest.spyOn(performance, 'now').mockReturnValue(0);
    const short = memoryStore(large, { headsAPage: 2 });
    const slow: InvoiceStore = {
      ...short,
      headsOfClient: (...args) => {
        now.mockReturnValue(performance.now() + 1_600);
        return short.headsOfClient(...args);
      },
    };
    try {
      const page = await listInvoices(slow, { client: 'large' }, 100);
      expect(page.invoices.map(({ id }) => id)).toEqual(ids.slice(0, 4));
      expect(await listAll({ client: 'large' }, 100, slow)).toEqual(ids);
    } finally {
      now.mockRestore();
    }
  });
});

test('an index that is behind does not bring back what has moved on', async () => {
  const moved = { ...invoiceItem({ state: 'packaged' }), state: 'accepted' as const };
  const page = await listInvoices(memoryStore([moved]), { state: 'packaged' }, 10);
  expect(page).toEqual({ invoices: [] });
});

test('a cursor reads back', () => {
  const last = { id: '2026-11-H1.1.acme', dueAtMs: 5 };
  const parked = { state: 'parked' };
  expect(decodeCursor(encodeCursor(parked, { partition: 3, last }), parked, 16)).toEqual({
    partition: 3,
    last,
  });
  expect(decodeCursor(encodeCursor({}, { partition: 0 }), {}, 1)).toEqual({ partition: 0 });
});

const forge = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const list = 'parked//';

test.each([
  ['', 'nothing'],
  ['%%%', 'no base64url'],
  [forge('parked'), 'no object'],
  [forge({ list, partition: 16 }), 'a partition that is not there'],
  [forge({ list, partition: -1 }), 'a negative partition'],
  [forge({ list, partition: 0, id: '../../etc' }), 'no id'],
  [forge({ list, partition: 0, id: '2026-11-H1.1.acme', dueAtMs: 'x' }), 'no due time'],
  [forge({ list, partition: 0, extra: 1 }), 'an unknown field'],
  [forge({ list: 'accepted//', partition: 0 }), 'another list'],
])('cursor %j (%s) is an invalid parameter', async (cursor) => {
  const listing = listInvoices(store, { state: 'parked' }, 10, cursor);
  await expect(listing).rejects.toBeInstanceOf(ProblemError);
  await expect(listing).rejects.toMatchObject({ code: 'invalid_parameter' });
});

describe('a cursor that was altered', () => {
  const at = (id: string) => ({ partition: 0, last: { id, dueAtMs: 1 } });

  test.each<[string, InvoiceFilter, string]>([
    ["another client's id", { client: 'client-7' }, '2026-11-H1.1.client-8'],
    ['another period', { client: 'client-7', period: '2026-11-H1' }, '2026-10-H2.1.client-7'],
    ['another period in an index', { period: '2026-11-H1' }, '2026-10-H2.1.client-7'],
  ])('to start at %s is an invalid parameter', async (_, filter, id) => {
    const listing = listInvoices(store, filter, 10, encodeCursor(filter, at(id)));
    await expect(listing).rejects.toMatchObject({ code: 'invalid_parameter' });
  });

  const refused = Object.assign(new Error('The provided starting key is invalid'), {
    name: 'ValidationException',
  });
  const refusing: InvoiceStore = {
    ...store,
    keysOf: () => Promise.reject(refused),
    headsOfClient: () => Promise.reject(refused),
  };

  test.each<InvoiceFilter>([{ state: 'parked' }, { client: 'client-7' }])(
    'to start where DynamoDB does not is an invalid parameter: %j',
    async (filter) => {
      const cursor = encodeCursor(filter, at('2026-11-H1.1.client-7'));
      await expect(listInvoices(refusing, filter, 10, cursor)).rejects.toMatchObject({
        code: 'invalid_parameter',
        cause: refused,
      });
    },
  );

  test('is not to blame where there is none', async () => {
    await expect(listInvoices(refusing, { state: 'parked' }, 10)).rejects.toBe(refused);
  });
});
