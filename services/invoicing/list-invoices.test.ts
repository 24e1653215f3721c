import { describe, expect, test } from '@jest/globals';
import { INVOICE_STATES } from '#shared/domain/invoice.ts';
import { ProblemError } from '#shared/platform/problem-error.ts';
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

async function listAll(filter: InvoiceFilter, limit: number): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < 200; pages++) {
    const page = await listInvoices(store, filter, limit, cursor);
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

test('an index that is behind does not bring back what has moved on', async () => {
  const moved = { ...invoiceItem({ state: 'packaged' }), state: 'accepted' as const };
  const page = await listInvoices(memoryStore([moved]), { state: 'packaged' }, 10);
  expect(page).toEqual({ invoices: [] });
});

test('a cursor reads back', () => {
  const last = { id: '2026-11-H1.1.acme', dueAtMs: 5 };
  expect(decodeCursor(encodeCursor('list', { partition: 3, last }), 'list', 16)).toEqual({
    partition: 3,
    last,
  });
  expect(decodeCursor(encodeCursor('list', { partition: 0 }), 'list', 1)).toEqual({ partition: 0 });
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
