import { expect, test } from '@jest/globals';
import { retryInvoice } from './retry-invoice.ts';
import { invoiceItem, memoryStore } from './testing/memory-store.ts';

const NOW_MS = 50_000;

test.each([
  ['refused_by_invoice_api', 'packaged', 'will_submit'],
  ['rejected_by_invoice_api', 'packaged', 'will_submit'],
  ['attempts_exhausted', 'unknown', 'will_look_up'],
])('parked as %s becomes %s, due at once, with all its attempts', async (reason, state, answer) => {
  const history = [{ atMs: 1n, call: 'submit', answer: 'refused' }] as const;
  const parked = invoiceItem({ state: 'parked', reason, detail: 'why', attempts: 8n, history });
  const store = memoryStore([parked]);
  const result = await retryInvoice(store, parked, NOW_MS, 'key-1');
  expect(result).toMatchObject({
    type: 'retried',
    item: {
      state,
      attempts: 0n,
      dueAtMs: 50_000n,
      history: [
        history[0],
        { atMs: 50_000n, call: 'retry', answer, detail: `${reason}; asked for with API key key-1` },
      ],
    },
  });
  expect(store.items.values().next().value).not.toHaveProperty('reason');
});

test.each(['packaged', 'sending', 'unknown', 'submitted', 'accepted', 'skipped'] as const)(
  '%s is not retried',
  async (state) => {
    const item = invoiceItem({ state });
    const store = memoryStore([item]);
    expect(await retryInvoice(store, item, NOW_MS, 'key-1')).toEqual({
      type: 'not_retryable',
      state,
    });
    expect(store.items.values().next().value).toBe(item);
  },
);

test('a change that is sent again after its answer was late is told as done', async () => {
  const parked = invoiceItem({ state: 'parked', reason: 'attempts_exhausted' });
  const store = memoryStore([parked]);
  const late: typeof store = {
    ...store,
    change: async (item, change) => {
      await store.change(item, change);
      return { type: 'lease_lost' };
    },
  };
  expect(await retryInvoice(late, parked, NOW_MS, 'key-1')).toMatchObject({
    type: 'retried',
    item: { state: 'unknown', version: parked.version + 1n },
  });
});

test('an invoice that is not there is not retried', async () => {
  expect(await retryInvoice(memoryStore([]), invoiceItem(), NOW_MS, 'k')).toEqual({
    type: 'not_found',
  });
});

test('of two who ask at once, one is told that it is under way', async () => {
  const parked = invoiceItem({ state: 'parked', reason: 'attempts_exhausted' });
  const store = memoryStore([parked]);
  const results = await Promise.all(
    ['a', 'b'].map((key) => retryInvoice(store, parked, NOW_MS, key)),
  );
  expect(results.map(({ type }) => type).sort()).toEqual(['not_retryable', 'retried']);
});
