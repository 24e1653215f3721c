import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type InvoiceItem, statePartitionOf } from '#services/packaging/public.ts';
import type { InvoiceFilter, InvoiceList } from './invoice-filter.ts';
import { createInvoiceIndex, type InvoiceIndex } from './invoice-index.ts';
import { createInvoiceStore, type DueInvoice, type InvoiceStore } from './invoice-store.ts';
import { listInvoices } from './list-invoices.ts';
import { createInvoicesTable } from './testing/invoices-table.ts';
import { invoiceItem } from './testing/memory-store.ts';

let table: Awaited<ReturnType<typeof createInvoicesTable>>;
let store: InvoiceStore;
let index: InvoiceIndex;
const AFTER_MS = Date.parse('2026-10-01');

async function listAll(list: InvoiceList, limit: number): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await listInvoices(index, list, limit, Date.now(), cursor);
    ids.push(...page.invoices.map(({ id }) => id));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return ids;
}

beforeAll(async () => {
  table = await createInvoicesTable();
  store = createInvoiceStore(table.dynamo, table.name);
  index = createInvoiceIndex(table.dynamo, table.name);
}, 60_000);
afterAll(() => table.remove());

const entry = { atMs: 7n, call: 'submit', answer: 'refused', latencyMs: 12n } as const;
const parked = { state: 'parked', dueAtMs: 7, attempts: 1, nowMs: 7, entry } as const;

test('a change is what is read afterwards, and an older reader has lost', async () => {
  const item = invoiceItem({ client: 'changed', totalMicros: 2n ** 70n });
  await table.put([item]);
  const change = { ...parked, reason: 'refused_by_invoice_api', detail: '422' };
  const first = await store.change(item, change);
  expect(first.type).toBe('changed');
  const read = await store.get(item);
  expect(first).toEqual({ type: 'changed', item: read });
  expect(read).toMatchObject({ totalMicros: 2n ** 70n, version: 2n, history: [entry] });
  expect(await store.change(item, change)).toEqual({ type: 'lease_lost' });

  if (!read) throw new Error('the item is gone');
  await store.change(read, { state: 'packaged', dueAtMs: 8, attempts: 0, nowMs: 8 });
  expect(await store.get(item)).toMatchObject({ state: 'packaged', version: 3n, history: [entry] });
  expect(await store.get(item)).not.toHaveProperty('reason');
});

test('of many who read the same, one changes it', async () => {
  const item = invoiceItem({ client: 'contended' });
  await table.put([item]);
  const results = await Promise.all(Array.from({ length: 10 }, () => store.change(item, parked)));
  expect(results.filter(({ type }) => type === 'changed')).toHaveLength(1);
});

test('what is due first comes first, page by page, and leaves the index as its state changes', async () => {
  const items = Array.from({ length: 30 }, (_, index) =>
    invoiceItem({
      ...{ client: 'queued', revision: BigInt(index + 1), state: 'unknown' },
      dueAtMs: BigInt(1_000 - index),
    }),
  );
  await table.put(items);
  const partition = statePartitionOf('unknown', 'queued');
  const timesOf = (due: readonly DueInvoice[]) => due.map(({ dueAtMs }) => dueAtMs);
  const first = await store.dueIn(partition, 3);
  expect(timesOf(first)).toEqual([971, 972, 973]);
  expect(timesOf(await store.dueIn(partition, 3, first.at(-1)))).toEqual([974, 975, 976]);
  const [last] = items.slice(-1);
  if (last) await store.change(last, parked);
  expect(timesOf(await store.dueIn(partition, 1))).toEqual([972]);
});

test('lists walk through all partitions by their cursors, in order', async () => {
  const items = ['2026-09-H1', '2026-09-H2'].flatMap((period) =>
    Array.from({ length: 25 }, (_, place) =>
      invoiceItem({
        client: `listed-${place}`,
        period,
        state: place % 2 ? 'accepted' : 'skipped',
        dueAtMs: BigInt(AFTER_MS + (place % 4)),
      }),
    ),
  );
  await table.put(items);
  const byDue = (a: InvoiceItem, b: InvoiceItem) =>
    Number(a.dueAtMs - b.dueAtMs) || (a.id < b.id ? -1 : 1);
  for (const filter of [
    { period: '2026-09-H1' },
    { period: '2026-09-H2', states: ['accepted'] },
    { states: ['skipped'] },
  ] satisfies InvoiceFilter[]) {
    const { period, states } = filter as InvoiceFilter;
    const expected = items
      .filter((item) => !period || item.period === period)
      .filter((item) => !states || states.includes(item.state))
      .sort(byDue)
      .map(({ id }) => id);
    expect(await listAll({ filter, sort: 'oldest' }, 4)).toEqual(expected);
    expect(await listAll({ filter, sort: 'newest' }, 9)).toEqual(expected.toReversed());
  }
  const byClient = await listAll({ filter: { period: '2026-09-H1' }, sort: 'client' }, 6);
  expect(byClient).toEqual(byClient.toSorted());
  expect(byClient).toHaveLength(25);
});

test('an invoice that is asked for twice at once comes back once, in its first place', async () => {
  const items = ['twice-a', 'twice-b'].map((client) => invoiceItem({ client }));
  await table.put(items);
  const heads = await index.headsOf([...items, ...items]);
  expect(heads.map(({ client }) => client)).toEqual(['twice-a', 'twice-b']);
});

test('what is counted of a half month comes from its index', async () => {
  const items = Array.from({ length: 20 }, (_, place) =>
    invoiceItem({
      ...{ client: `counted-${place}`, period: '2026-05-H1', calls: BigInt(place) },
      ...{ polls: BigInt(place), begunAtMs: BigInt(place) },
    }),
  );
  await table.put(items);
  const entries = await index.entriesOfPeriod('2026-05-H1');
  for (const name of ['calls', 'polls', 'begunAtMs'] as const) {
    const counted = entries.map((entry) => Number(entry[name]));
    expect(counted.sort((a, b) => a - b)).toEqual(items.map((_, place) => place));
  }
  expect(entries[0]).toMatchObject({ state: 'packaged', currency: 'USD', totalMicros: 1_500_000n });
});

test('a client whose invoices are too large for one page has them all listed', async () => {
  const entry = { atMs: 1n, call: 'retry', answer: 'x'.repeat(350_000) } as const;
  const items = ['07-H1', '07-H2', '08-H1', '08-H2', '09-H1'].map((half) =>
    invoiceItem({ client: 'large', period: `2026-${half}`, history: [entry] }),
  );
  await table.put(items);
  const ids = items.map(({ id }) => id);
  const filter = { client: 'large' };
  expect(await listAll({ filter, sort: 'oldest' }, 100)).toEqual(ids);
  expect(await listAll({ filter, sort: 'newest' }, 2)).toEqual(ids.toReversed());
});
