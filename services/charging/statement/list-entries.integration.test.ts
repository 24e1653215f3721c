import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Entry, type EntryPage } from '#shared/contracts/entries.ts';
import type { AccountEvent } from '#shared/domain/ledger-event.ts';
import { createOwnTable, type OwnTable } from '#shared/testing/own-table.ts';
import { keepEntries } from '../testing/entries.ts';
import { useOwnStore } from '../testing/own-store.ts';
import { openNew, storeOn } from '../testing/store.ts';
import { encodeCursor } from './entry-cursor.ts';
import { listEntries, type Statement } from './list-entries.ts';

const AT_MS = Date.parse('2026-11-09T08:00:00Z');
const own = useOwnStore();
let entries: OwnTable;
let statement: Statement;

beforeEach(async () => {
  entries = await createOwnTable('entries');
  statement = { entries, accounts: storeOn(own.redis) };
});
afterEach(() => entries.remove());

function charges(client: string, count: number): AccountEvent[] {
  return Array.from({ length: count }, (_, index) => ({
    kind: 'charge',
    id: `${client}-${index}`,
    client,
    currency: 'EUR',
    amountMicros: 10_000n,
    occurredAtMs: AT_MS,
    recordedAtMs: AT_MS + 100 * index,
    meter: 'sms',
    quantityMicros: 1_000_000n,
    day: '2026-11-09',
    balanceMicros: 5_000_000n - 10_000n * BigInt(index + 1),
  }));
}

async function allPages(client: string, limit: number): Promise<EntryPage[]> {
  const pages: EntryPage[] = [];
  let cursor: string | undefined;
  do {
    const page = await listEntries(statement, client, { limit, cursor });
    pages.push(page);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return pages;
}

test('every kind of change shows what it did, with its amounts, its times and the resulting balance', async () => {
  const base = { client: 'acme', currency: 'EUR', occurredAtMs: AT_MS, balanceMicros: 7_000_000n };
  const metered = { meter: 'sms', quantityMicros: 2_500_000n, day: '2026-11-09' as const };
  const held = { ...base, heldMicros: 1_000_000n, amountMicros: 1_000_000n, holdId: 'h' };
  const { holdId, ...placed } = held;
  const amountMicros = 500_000n;
  const events = [
    { ...base, kind: 'opening', amountMicros },
    { ...base, kind: 'top_up', amountMicros },
    { ...base, kind: 'adjustment', amountMicros: -amountMicros },
    { ...base, ...metered, kind: 'charge', amountMicros },
    {
      ...{ ...base, ...metered, kind: 'reversal', amountMicros },
      ...{ reversedKind: 'charge', reversedId: 'c', reversedMicros: 900_000n },
    },
    { ...placed, kind: 'hold', expiresAtMs: AT_MS + 60_000 },
    { ...held, ...metered, kind: 'capture', releasedMicros: 250_000n },
    { ...held, kind: 'release' },
    { ...held, kind: 'expiry' },
    { ...held, kind: 'extension', amountMicros: 0n, expiresAtMs: AT_MS + 90_000 },
    { ...base, kind: 'terms', amountMicros: 0n, status: 'frozen', creditLimitMicros: 3_000_000n },
  ].map((event, index) => ({ ...event, id: `${index}`, recordedAtMs: AT_MS + index }));
  await keepEntries(entries, events as AccountEvent[]);
  const { entries: listed, nextCursor } = await listEntries(statement, 'acme', {
    limit: 50,
    cursor: undefined,
  });
  expect(nextCursor).toBeUndefined();
  for (const entry of listed) Entry.parse(entry);
  const after = { currency: 'EUR', balance: '7.00', occurredAt: '2026-11-09T08:00:00.000Z' };
  const use = { meter: 'sms', quantity: '2.5', day: '2026-11-09' };
  const expected = [
    { kind: 'opening', amount: '0.50', change: '0.50' },
    { kind: 'top_up', amount: '0.50', change: '0.50' },
    { kind: 'adjustment', amount: '-0.50', change: '-0.50' },
    { kind: 'charge', amount: '0.50', change: '-0.50', ...use },
    {
      ...{ kind: 'reversal', amount: '0.50', change: '0.50', ...use },
      ...{ charge: { id: 'c', kind: 'charge' }, reversed: '0.90' },
    },
    {
      ...{ kind: 'hold', amount: '1.00', change: '0.00', held: '1.00' },
      expiresAt: '2026-11-09T08:01:00.000Z',
    },
    {
      ...{ kind: 'capture', amount: '1.00', change: '-1.00', held: '1.00', hold: 'h', ...use },
      released: '0.25',
    },
    { kind: 'release', amount: '1.00', change: '0.00', held: '1.00', hold: 'h' },
    { kind: 'expiry', amount: '1.00', change: '0.00', held: '1.00', hold: 'h' },
    {
      ...{ kind: 'extension', amount: '0.00', change: '0.00', held: '1.00', hold: 'h' },
      expiresAt: '2026-11-09T08:01:30.000Z',
    },
    { kind: 'terms', amount: '0.00', change: '0.00', status: 'frozen', creditLimit: '3.00' },
  ];
  expect(listed).toEqual(
    expected
      .map((entry, index) => {
        const recordedAt = `2026-11-09T08:00:00.${String(index).padStart(3, '0')}Z`;
        return { ...after, ...entry, id: `${index}`, recordedAt };
      })
      .reverse(),
  );
});

describe('pages', () => {
  test('however the changes fell into batches, all come once, newest first, at any limit', async () => {
    let clients = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 25 }),
        async (count, perBatch, limit) => {
          const client = `client-${clients++}`;
          const events = charges(client, count);
          await keepEntries(entries, events, perBatch);
          const pages = await allPages(client, limit);
          expect(pages.flatMap((page) => page.entries.map(({ id }) => id))).toEqual(
            events.map(({ id }) => id).reverse(),
          );
          expect(pages.slice(0, -1).every((page) => page.entries.length === limit)).toBe(true);
          expect(pages).toHaveLength(Math.ceil(count / limit));
        },
      ),
      { numRuns: 40 },
    );
  });

  test('go on where they were, though newer changes have come meanwhile', async () => {
    const events = charges('acme', 10);
    await keepEntries(entries, events.slice(0, 6), 4);
    const first = await listEntries(statement, 'acme', { limit: 3, cursor: undefined });
    await keepEntries(entries, events.slice(6), 4);
    const second = await listEntries(statement, 'acme', { limit: 3, cursor: first.nextCursor });
    const ids = [...first.entries, ...second.entries].map(({ id }) => id);
    expect(ids).toEqual([5, 4, 3, 2, 1, 0].map((index) => `acme-${index}`));
    expect(second.nextCursor).toBeUndefined();
  });

  const at = { key: `${AT_MS}#01K0000000000000000000ABCD`, index: 3 };
  const json = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  test.each<[string, string]>([
    ['nothing', ''],
    ['no JSON', 'abc'],
    ['of another client', encodeCursor('other', at)],
    ['of another form', json({ client: 'acme', key: 'INVOICE#1', index: 0 })],
    ['with a negative index', encodeCursor('acme', { ...at, index: -1 })],
    ['with an index that no batch has', encodeCursor('acme', { ...at, index: 1_000 })],
    ['with more in it', json({ client: 'acme', ...at, pk: 'CLIENT#other' })],
  ])('a cursor that is %s is refused', async (_, cursor) => {
    await expect(listEntries(statement, 'acme', { limit: 5, cursor })).rejects.toMatchObject({
      code: 'invalid_parameter',
      message: 'cursor must be the nextCursor of a page of the same client.',
    });
  });
});

describe('without entries', () => {
  test('a new account has an empty page', async () => {
    const client = await openNew(storeOn(own.redis), 1n);
    expect(await allPages(client, 5)).toEqual([{ entries: [] }]);
  });

  test('nobody is an unknown account', async () => {
    await expect(allPages('nobody', 5)).rejects.toMatchObject({ code: 'unknown_account' });
  });
});

test('entries are there for an account that the store has lost', async () => {
  await keepEntries(entries, charges('lost', 1));
  expect((await allPages('lost', 5))[0]?.entries).toHaveLength(1);
});
