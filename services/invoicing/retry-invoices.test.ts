import { describe, expect, jest, test } from '@jest/globals';
import { MAX_RETRIES_AT_ONCE, RetriesBody } from '#shared/contracts/invoices.ts';
import { log } from '#shared/platform/log.ts';
import { retryInvoices } from './retry-invoices.ts';
import { invoiceItem, type MemoryStore, memoryStore } from './testing/memory-store.ts';

const NOW_MS = 50_000_000;
const parked = (client: string, reason: string, packagedAtMs = 1_000n) =>
  invoiceItem({ client, state: 'parked', reason, packagedAtMs });

const rejected = parked('rejected', 'rejected_by_invoice_api');
const exhausted = parked('exhausted', 'attempts_exhausted', 40_000_000n);
const accepted = invoiceItem({ client: 'accepted', state: 'accepted' });

const retry = (store: MemoryStore, body: unknown, nowMs = NOW_MS) =>
  retryInvoices(store, store, RetriesBody.parse(body), nowMs, 'key-1');
const statesOf = (store: MemoryStore) => [...store.items.values()].map(({ state }) => state);

test('what is named is taken up, and what cannot be is told', async () => {
  const store = memoryStore([rejected, exhausted, accepted]);
  const ids = [rejected.id, exhausted.id, accepted.id, rejected.id, '2026-11-H1.9.no', 'none'];
  expect(await retry(store, { ids })).toEqual({
    submit: 1,
    lookUp: 1,
    byReason: { rejected_by_invoice_api: 1, attempts_exhausted: 1 },
    left: [
      { id: accepted.id, why: 'accepted' },
      { id: '2026-11-H1.9.no', why: 'not_found' },
      { id: 'none', why: 'not_found' },
    ],
  });
  expect(statesOf(store)).toEqual(['packaged', 'unknown', 'accepted']);
  const again = await retry(store, { ids: [rejected.id] });
  expect(again).toMatchObject({ submit: 0, left: [{ id: rejected.id, why: 'packaged' }] });
});

test('a dry run says the same and changes nothing', async () => {
  const store = memoryStore([rejected, exhausted, accepted]);
  const body = { ids: [rejected.id, exhausted.id, accepted.id] };
  const foreseen = await retry(store, { ...body, dryRun: true });
  expect(statesOf(store)).toEqual(['parked', 'parked', 'accepted']);
  expect(await retry(store, body)).toEqual(foreseen);
});

describe('by a filter', () => {
  test.each([
    [{}, 2],
    [{ reason: 'attempts_exhausted' }, 1],
    [{ client: 'rejected' }, 1],
    [{ period: '2026-10-H2' }, 0],
    [{ olderThanSeconds: 20_000 }, 1],
  ])('%j takes up the parked ones that match', async (filter, count) => {
    const store = memoryStore([rejected, exhausted, accepted]);
    const { submit, lookUp, left } = await retry(store, { filter });
    expect([submit + lookUp, left]).toEqual([count, []]);
  });

  async function retryAll(store: MemoryStore, afterEach = async () => {}) {
    let [calls, lookUps] = [0, 0];
    let cursor: string | undefined;
    do {
      const body = { filter: {}, ...(cursor !== undefined && { cursor }) };
      const { lookUp, nextCursor, left } = await retry(store, body, NOW_MS + calls);
      expect(left).toEqual([]);
      lookUps += lookUp;
      calls += 1;
      cursor = nextCursor;
      await afterEach();
    } while (cursor !== undefined);
    return { calls, lookUps };
  }

  const many = () =>
    memoryStore(
      Array.from({ length: 2.5 * MAX_RETRIES_AT_ONCE }, (_, index) =>
        parked(`client-${index}`, 'attempts_exhausted'),
      ),
    );

  test('very many are taken up in several calls, each once', async () => {
    const store = many();
    expect(await retryAll(store)).toEqual({ calls: 3, lookUps: 2.5 * MAX_RETRIES_AT_ONCE });
    expect(new Set(statesOf(store))).toEqual(new Set(['unknown']));
  });

  test('what is parked again meanwhile is not taken up a second time', async () => {
    const store = many();
    let nowMs = NOW_MS;
    const parkAgain = async () => {
      nowMs += 1_000;
      for (const item of [...store.items.values()].filter(({ state }) => state === 'unknown')) {
        const reason = 'attempts_exhausted';
        await store.change(item, { state: 'parked', attempts: 1, dueAtMs: nowMs, nowMs, reason });
      }
    };
    expect(await retryAll(store, parkAgain)).toEqual({
      calls: 3,
      lookUps: 2.5 * MAX_RETRIES_AT_ONCE,
    });
  });
});

test('one that fails keeps no other, and can be sent again', async () => {
  jest.spyOn(log, 'warn').mockImplementation(() => {});
  let changes = 0;
  const store = memoryStore([rejected, exhausted], {
    beforeChange: () => {
      changes += 1;
      if (changes === 1) throw new Error('the network is away');
    },
  });
  const ids = [rejected.id, exhausted.id];
  expect(await retry(store, { ids })).toMatchObject({
    submit: 0,
    lookUp: 1,
    left: [{ id: rejected.id, why: 'unavailable' }],
  });
  expect(await retry(store, { ids })).toMatchObject({ submit: 1, lookUp: 0 });
});

test.each([
  ...[{}, { ids: [], filter: {} }, { ids: ['x'], filter: {} }, { filter: { colour: 'red' } }],
  ...[{ filter: { period: '2026-11' } }, { filter: { reason: 'rejected by invoice API' } }],
])('a body that names neither or both, or what cannot match, is refused: %j', (body) => {
  expect(RetriesBody.safeParse(body).success).toBe(false);
});
