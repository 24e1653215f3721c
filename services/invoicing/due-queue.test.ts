import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BATCH, createDueQueue } from './due-queue.ts';
import { nameOf } from './invoice-store.ts';
import { invoiceItem, memoryStore } from './testing/memory-store.ts';

const NOW_MS = 1_000_000;

/** Invoices of clients by how many each has, due one after the other: first all of the first client. */
function backlog(counts: Readonly<Record<string, number>>) {
  let dueAtMs = 0;
  return Object.entries(counts).flatMap(([client, count]) =>
    Array.from({ length: count }, (_, index) => {
      dueAtMs += 1;
      return invoiceItem({ client, revision: BigInt(index + 1), dueAtMs: BigInt(dueAtMs) });
    }),
  );
}

/** The clients in the order in which all that is due is taken and done. */
async function drain(items: ReturnType<typeof backlog>): Promise<string[]> {
  const store = memoryStore(items);
  const queue = createDueQueue(store, ['packaged']);
  const order: string[] = [];
  for (let round = 0; round < 10_000; round++) {
    await queue.fill(NOW_MS, () => false);
    if (queue.size === 0) return order;
    for (let key = queue.next(); key; key = queue.next()) {
      const item = store.items.get(nameOf(key));
      if (!item) throw new Error('taken twice');
      order.push(`${item.client} ${item.revision}`);
      store.items.delete(nameOf(key));
    }
  }
  throw new Error('no end');
}

test('clients take turns, whatever each has waiting, and each goes by age', async () => {
  const order = await drain(backlog({ a: 4, b: 2, c: 1 }));
  expect(order).toEqual(['a 1', 'b 1', 'c 1', 'a 2', 'b 2', 'a 3', 'a 4']);
});

test('nobody has a second turn while another waits for the first, for any backlogs that are seen whole', async () => {
  const counts = fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), fc.integer({ min: 1, max: 8 }), {
    maxKeys: 7,
  });
  await fc.assert(
    fc.asyncProperty(counts, async (drawn) => {
      const order = await drain(backlog(drawn));
      const had: Record<string, number> = {};
      for (const each of order) {
        const [client, revision] = each.split(' ') as [string, string];
        had[client] = (had[client] ?? 0) + 1;
        expect(Number(revision)).toBe(had[client]);
        for (const [other, count] of Object.entries(drawn)) {
          if ((had[other] ?? 0) === count) continue;
          expect((had[other] ?? 0) + 1).toBeGreaterThanOrEqual(had[client]);
        }
      }
      expect(order).toHaveLength(Object.values(drawn).reduce((sum, count) => sum + count, 0));
    }),
  );
});

test('a client with thousands of older ones delays no other for long', async () => {
  const order = await drain(backlog({ huge: 3_000, small: 2, ...{ tiny: 1 } }));
  // Whoever shares its partition of the index is found when the look through it gets there.
  const most = Math.ceil(3_000 / 256) * BATCH + 2 * BATCH;
  for (const one of ['small 1', 'small 2', 'tiny 1']) {
    expect(order.indexOf(one)).toBeLessThan(most);
  }
  expect(order.filter((each) => each.startsWith('huge'))).toEqual(
    Array.from({ length: 3_000 }, (_, index) => `huge ${index + 1}`),
  );
});

test('who comes anew has no turns saved up', async () => {
  const store = memoryStore(backlog({ a: 30 }));
  const queue = createDueQueue(store, ['packaged']);
  const take = async (count: number) => {
    const clients: string[] = [];
    for (let each = 0; each < count; each++) {
      await queue.fill(NOW_MS, () => false);
      const key = queue.next();
      if (!key) break;
      clients.push(key.pk.slice('CLIENT#'.length));
      store.items.delete(nameOf(key));
    }
    return clients;
  };
  await take(10);
  for (const item of backlog({ b: 10 })) store.items.set(nameOf(item), item);
  expect(await take(6)).toEqual(['b', 'a', 'b', 'a', 'b', 'a']);
});

test('whoever waits for a second turn has it, however many new ones keep coming', async () => {
  const store = memoryStore([]);
  const queue = createDueQueue(store, ['packaged']);
  const put = (client: string, dueAtMs: number) => {
    const item = invoiceItem({ client, dueAtMs: BigInt(dueAtMs) });
    store.items.set(nameOf(item), item);
    return item;
  };
  const take = async (nowMs: number) => {
    await queue.fill(nowMs, () => false);
    const key = queue.next();
    const item = key && store.items.get(nameOf(key));
    if (key) store.items.delete(nameOf(key));
    return item?.client;
  };
  put('patient', NOW_MS);
  expect(await take(NOW_MS)).toBe('patient');
  put('patient', NOW_MS + 1);
  const taken: (string | undefined)[] = [];
  for (let second = 1; second <= 10; second++) {
    put(`new-${second}-a`, NOW_MS + second);
    put(`new-${second}-b`, NOW_MS + second);
    taken.push(await take(NOW_MS + second));
  }
  expect(taken.slice(0, 3)).toContain('patient');
});

test('what was made due hours ahead by a clock that was wrong is due', async () => {
  const far = invoiceItem({ client: 'far', dueAtMs: BigInt(NOW_MS + 5 * 3_600_000) });
  const soon = invoiceItem({ client: 'soon', dueAtMs: BigInt(NOW_MS + 3_000_000) });
  const queue = createDueQueue(memoryStore([far, soon]), ['packaged']);
  expect(await queue.fill(NOW_MS, () => false)).toBe(0);
  expect(queue.next()?.pk).toBe('CLIENT#far');
  expect(queue.next()).toBeUndefined();
});
