import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { encodeEvents, MAX_BATCH_BYTES } from '#shared/contracts/sealed-batch.ts';
import type { AccountEvent } from '#shared/domain/ledger-event.ts';
import { createOwnTable, type OwnTable } from '#shared/testing/own-table.ts';
import { entryItems } from '#shared/testing/stored-usage.ts';
import { ENTRY_KEY, keyAfter, putEntries, readEntryItems } from './entry-store.ts';
import { sealedBatch, usageEvent } from './testing/batches.ts';

const AT_MS = Date.parse('2026-11-09T08:00:00Z');
let table: OwnTable;

beforeEach(async () => {
  table = await createOwnTable('entries');
});
afterEach(() => table.remove());

function topUp(client: string, recordedAtMs: number, id = String(recordedAtMs)): AccountEvent {
  const amountMicros = 5n;
  const base = { client, id, currency: 'EUR', amountMicros, occurredAtMs: recordedAtMs };
  return { ...base, kind: 'top_up', recordedAtMs, balanceMicros: 5n };
}

const ids = async (
  ...range: Parameters<typeof readEntryItems> extends [unknown, ...infer R] ? R : never
) =>
  (await Array.fromAsync(readEntryItems(table, ...range))).map(({ events }) =>
    events.map(({ id }) => id).join(),
  );

test('the entries of a client are read in both directions, from the ends or from a time on', async () => {
  for (const second of [3, 1, 2]) {
    const atMs = AT_MS + second * 1_000;
    await putEntries(
      table,
      sealedBatch(0, [
        topUp('acme', atMs, `${second}a`),
        usageEvent(),
        topUp('other', atMs),
        topUp('acme', atMs + 500, `${second}b`),
      ]),
    );
  }
  expect(await ids('acme', 'newer')).toEqual(['1a,1b', '2a,2b', '3a,3b']);
  expect(await ids('acme', 'older')).toEqual(['3a,3b', '2a,2b', '1a,1b']);
  const second = keyAfter(AT_MS + 2_000);
  expect(await ids('acme', 'older', second)).toEqual(['2a,2b', '1a,1b']);
  expect(await ids('acme', 'newer', second)).toEqual(['3a,3b']);
  expect(await ids('acme', 'older', keyAfter(AT_MS + 1_999))).toEqual(['1a,1b']);
  expect(await ids('nobody', 'older')).toEqual([]);
});

test('putting a batch again writes the same bytes to the same keys', async () => {
  const batch = sealedBatch(0, [topUp('acme', AT_MS), topUp('b', AT_MS), topUp('acme', AT_MS + 1)]);
  await putEntries(table, batch);
  const before = await table.items();
  expect(before).toEqual(entryItems(batch));
  await putEntries(table, batch);
  expect(await table.items()).toEqual(before);
});

test('more items than one request brings are all read', async () => {
  const seconds = Array.from({ length: 25 }, (_, second) => AT_MS + second * 1_000);
  for (const atMs of seconds) await putEntries(table, sealedBatch(0, [topUp('acme', atMs)]));
  expect(await ids('acme', 'newer')).toEqual(seconds.map(String));
});

test('a key is one that a cursor may carry', async () => {
  await putEntries(table, sealedBatch(0, [topUp('acme', AT_MS)]));
  const [item] = await Array.fromAsync(readEntryItems(table, 'acme', 'older'));
  expect(item?.key).toMatch(ENTRY_KEY);
});

test('the largest batch of one client, with ids that hardly get smaller, fits an item', async () => {
  const noise = () => Buffer.from(crypto.getRandomValues(new Uint8Array(90))).toString('base64');
  const events: AccountEvent[] = [];
  for (
    let bytes = 0;
    bytes < MAX_BATCH_BYTES - 1_000;
    bytes += encodeEvents(events.slice(-1)).length
  ) {
    events.push(topUp('acme', AT_MS, noise()));
  }
  await putEntries(table, sealedBatch(0, events));
  expect(await Array.fromAsync(readEntryItems(table, 'acme', 'older'))).toMatchObject([{ events }]);
});
