import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import type { InvoiceItem } from '#services/packaging/public.ts';
import { INVOICE_STATES } from '#shared/domain/invoice.ts';
import { ProblemError } from '#shared/platform/problem-error.ts';
import type { InvoiceFilter, InvoiceList } from './invoice-filter.ts';
import type { InvoiceIndex } from './invoice-index.ts';
import { decodeCursor, encodeCursor } from './list-cursor.ts';
import { listInvoices } from './list-invoices.ts';
import { invoiceItem, memoryStore } from './testing/memory-store.ts';

/** After the half months below began: before, nothing is due. */
const BEGIN_MS = Date.parse('2026-11-16T12:00:00Z');
const CLIENTS = Array.from({ length: 40 }, (_, index) => `client-${index}`);
const items = CLIENTS.flatMap((client, index) =>
  ['2026-10-H2', '2026-11-H1'].map((period, second) =>
    invoiceItem({
      client,
      period,
      state: INVOICE_STATES[(index + second) % INVOICE_STATES.length] ?? 'packaged',
      dueAtMs: BigInt(BEGIN_MS + (index % 3)),
      packagedAtMs: BigInt(1_000_000 * (index % 5)),
      ...(index % 4 === 0 && { reason: 'attempts_exhausted' }),
    }),
  ),
);
const store = memoryStore(items);

const NOW_MS = 100_000_000;

async function listAll(
  filter: InvoiceFilter,
  limit: number,
  sort: InvoiceList['sort'] = 'oldest',
  from: InvoiceIndex = store,
): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < 200; pages++) {
    const page = await listInvoices(from, { filter, sort }, limit, NOW_MS, cursor);
    expect(page.invoices.length).toBeLessThanOrEqual(limit);
    ids.push(...page.invoices.map(({ id }) => id));
    cursor = page.nextCursor;
    if (cursor === undefined) return ids;
  }
  throw new Error('the pages do not end');
}

const byDue = (a: InvoiceItem, b: InvoiceItem) =>
  Number(a.dueAtMs - b.dueAtMs) || (a.id < b.id ? -1 : 1);
const byClient = (a: InvoiceItem, b: InvoiceItem) => (a.clientRevision < b.clientRevision ? -1 : 1);
const byKey = (a: InvoiceItem, b: InvoiceItem) => (a.sk < b.sk ? -1 : 1);

describe.each<[string, InvoiceFilter]>([
  ['everything', {}],
  ['a state', { states: ['parked'] }],
  ['two states', { states: ['parked', 'unknown'] }],
  ['a period', { period: '2026-11-H1' }],
  ['a period and a state', { period: '2026-10-H2', states: ['accepted'] }],
  ['a reason', { reason: 'attempts_exhausted' }],
  ['an age', { olderThanSeconds: 98_000 }],
  ['a client', { client: 'client-7' }],
  ['a client and a period', { client: 'client-7', period: '2026-11-H1' }],
  ['a client and a state', { client: 'client-7', states: ['packaged'] }],
  ['all three', { client: 'client-7', period: '2026-11-H1', states: ['sending'] }],
  ['nothing', { client: 'nobody' }],
])('a list of %s', (_name, filter) => {
  const { states, client, period, reason, olderThanSeconds = 0 } = filter;
  const expected = items.filter(
    (item) =>
      (!states || states.includes(item.state)) &&
      (!client || item.client === client) &&
      (!period || item.period === period) &&
      (!reason || item.reason === reason) &&
      NOW_MS - Number(item.packagedAtMs) >= olderThanSeconds * 1_000,
  );

  test.each([1, 3, 100])('has each once, the oldest first, %i a page', async (limit) => {
    const ids = expected.sort(client ? byKey : byDue).map(({ id }) => id);
    expect(await listAll(filter, limit)).toEqual(ids);
    expect(await listAll(filter, limit, 'newest')).toEqual(ids.toReversed());
  });
});

test.each([1, 7, 100])(
  'by client, a half month has each once in order, %i a page',
  async (limit) => {
    const expected = items.filter(({ period }) => period === '2026-11-H1').sort(byClient);
    const ids = expected.map(({ id }) => id);
    expect(await listAll({ period: '2026-11-H1' }, limit, 'client')).toEqual(ids);
  },
);

test('what changes its place while one pages keeps no other from being listed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(79), { maxLength: 12 }), async (moves) => {
      const moving = memoryStore(items);
      const moved = new Set<string>();
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const list = { filter: {}, sort: 'oldest' } as const;
        const page = await listInvoices(moving, list, 7, NOW_MS, cursor);
        seen.push(...page.invoices.map(({ id }) => id));
        cursor = page.nextCursor;
        const item = items[moves.pop() ?? -1];
        const now = item && (await moving.get(item));
        if (!now) continue;
        await moving.change(now, { state: 'accepted', dueAtMs: 5_000, attempts: 0, nowMs: 5_000 });
        moved.add(now.id);
      } while (cursor !== undefined);
      const others = items.map(({ id }) => id).filter((id) => !moved.has(id));
      for (const id of others) expect(seen.filter((one) => one === id)).toHaveLength(1);
    }),
  );
});

test('what is seen in two states, since it moved while they were read, is listed once', async () => {
  const [first, second] = items.filter(({ state }) => state === 'parked');
  if (!first || !second) throw new Error('two are parked');
  const moving: InvoiceIndex = {
    ...store,
    async *entries(range, pageSize) {
      yield* store.entries(range, pageSize);
      const { pk, sk } = first;
      if (range.partition === second.statePartition)
        yield { pk, sk, dueAtMs: BigInt(BEGIN_MS + 9) };
    },
  };
  const ids = await listAll({ states: ['parked'] }, 100, 'oldest', moving);
  expect(ids.filter((id) => id === first.id)).toHaveLength(1);
  expect(ids.length).toBe(items.filter(({ state }) => state === 'parked').length);
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

  const all = { filter: { client: 'large' }, sort: 'oldest' } as const;

  test.each([1, 5, 23, 24, 100])('has all of them listed in order, %i a page', async (limit) => {
    const short = memoryStore(large, { headsAPage: 1 });
    expect(await listAll(all.filter, limit, 'oldest', short)).toEqual(ids);
  });

  test('has a page that is full after many short looks, and goes on after it', async () => {
    const short = memoryStore(large, { headsAPage: 2 });
    const list: InvoiceList = { ...all, filter: { client: 'large', states: ['parked'] } };
    const page = await listInvoices(short, list, 3, NOW_MS);
    expect(page.invoices.map(({ id }) => id)).toEqual([ids[0], ids[6], ids[12]]);
    const next = await listInvoices(short, list, 3, NOW_MS, page.nextCursor);
    expect(next.invoices.map(({ id }) => id)).toEqual([ids[18]]);
    expect(next).not.toHaveProperty('nextCursor');
  });

  test('ends a page where looking takes long, and the next page goes on', async () => {
    const now = jest.spyOn(performance, 'now').mockReturnValue(0);
    const short = memoryStore(large, { headsAPage: 2 });
    const slow: InvoiceIndex = {
      ...short,
      headsOfClient: (...args) => {
        now.mockReturnValue(performance.now() + 1_600);
        return short.headsOfClient(...args);
      },
    };
    try {
      const page = await listInvoices(slow, all, 100, NOW_MS);
      expect(page.invoices.length).toBeLessThan(ids.length);
      expect(page.invoices.length).toBeGreaterThan(0);
      expect(await listAll(all.filter, 100, 'oldest', slow)).toEqual(ids);
    } finally {
      now.mockRestore();
    }
  });
});

test('an index that is behind does not bring back what has moved on', async () => {
  const moved = { ...invoiceItem({ state: 'packaged' }), state: 'accepted' as const };
  const list: InvoiceList = { filter: { states: ['packaged'] }, sort: 'oldest' };
  expect(await listInvoices(memoryStore([moved]), list, 10, NOW_MS)).toEqual({ invoices: [] });
});

const PARKED: InvoiceList = { filter: { states: ['parked'] }, sort: 'oldest' };
const PLACE = { id: '2026-11-H1.1.acme', value: 5 };

test('a cursor reads back', () => {
  expect(decodeCursor(encodeCursor(PARKED, PLACE), PARKED)).toEqual(PLACE);
});

const forge = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const { list } = JSON.parse(Buffer.from(encodeCursor(PARKED, PLACE), 'base64url').toString());

test.each([
  ['', 'nothing'],
  ['%%%', 'no base64url'],
  [forge('parked'), 'no object'],
  [forge({ ...PLACE, list, value: -1 }), 'a negative time'],
  [forge({ ...PLACE, list, value: 'acme#000001' }), 'the place of another order'],
  [forge({ ...PLACE, list, id: '../../etc' }), 'no id'],
  [forge({ ...PLACE, list, extra: 1 }), 'an unknown field'],
  [encodeCursor({ ...PARKED, filter: { states: ['accepted'] } }, PLACE), 'another list'],
  [encodeCursor({ ...PARKED, sort: 'newest' }, PLACE), 'another order'],
])('cursor %j (%s) is an invalid parameter', async (cursor) => {
  const listing = listInvoices(store, PARKED, 10, NOW_MS, cursor);
  await expect(listing).rejects.toBeInstanceOf(ProblemError);
  await expect(listing).rejects.toMatchObject({ code: 'invalid_parameter' });
});

test.each<[string, InvoiceFilter, string]>([
  ["another client's id", { client: 'client-7' }, '2026-11-H1.1.client-8'],
  ['another period', { client: 'client-7', period: '2026-11-H1' }, '2026-10-H2.1.client-7'],
  ['another period in an index', { period: '2026-11-H1' }, '2026-10-H2.1.client-7'],
])('a cursor altered to start at %s is an invalid parameter', async (_, filter, id) => {
  const altered = { filter, sort: 'oldest' } as const;
  const cursor = encodeCursor(altered, { id, value: 1 });
  await expect(listInvoices(store, altered, 10, NOW_MS, cursor)).rejects.toMatchObject({
    code: 'invalid_parameter',
  });
});
