import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ulid } from 'ulid';
import { Reversal } from '#shared/contracts/reversals.ts';
import type { ReversalEvent } from '#shared/domain/ledger-event.ts';
import { formatAmount, parseMicros } from '#shared/domain/money.ts';
import { createOwnTable, type OwnTable } from '#shared/testing/own-table.ts';
import { readAccount } from '../account-store.ts';
import { chargeClient } from '../charge-client.ts';
import { captureClientHold, placeClientHold } from '../hold-balance.ts';
import { keepEntries } from '../testing/entries.ts';
import { useOwnStore } from '../testing/own-store.ts';
import { HOUR_MS, journalOf, openNew, storeOn } from '../testing/store.ts';
import { type Reversing, reverseCharge } from './reverse-charge.ts';

const UNIT = 1_000_000n;
const BALANCE = 2_000_000n * UNIT;
const own = useOwnStore();
let entries: OwnTable;
let reversing: Reversing;
let client: string;

beforeEach(async () => {
  entries = await createOwnTable('entries');
  reversing = {
    accounts: storeOn(own.redis),
    timeZone: 'UTC',
    maxEventAgeDays: 62,
    nowMs: Date.now,
    entries,
  };
  client = await openNew(reversing.accounts, BALANCE);
});
afterEach(() => entries.remove());

const eventsOf = async (of = client) =>
  (await journalOf(own.redis)).filter((event) => event.client === of);
const settle = async (of = client) => keepEntries(entries, await eventsOf(of), 3);
const balanceOf = async (of = client) => (await readAccount(reversing.accounts, of))?.balanceMicros;
const reversalsOf = async (of = client) =>
  (await eventsOf(of)).filter((event): event is ReversalEvent => event.kind === 'reversal');

/** Charges a client; the answer is in the ledger. */
async function charged(changes: object = {}, of = client) {
  const { answer } = await chargeClient(reversing, {
    id: ulid(),
    client: of,
    amount: 10n * UNIT,
    currency: 'USD',
    meter: 'requests',
    quantity: 4n * UNIT,
    ...changes,
  });
  if (!answer.isAuthorized) throw new Error(answer.reason);
  await settle(of);
  return { ...answer, recordedAt: Date.parse(answer.recordedAt) };
}

type Request = Parameters<typeof reverseCharge>[1];
const reverse = (charge: { readonly id: string }, changes: Partial<Request> = {}) =>
  reverseCharge(reversing, {
    id: randomUUID(),
    client,
    charge: { id: charge.id, kind: 'charge' },
    ...changes,
  });

test('a whole charge is given back, on the day of the reversal', async () => {
  const nowMs = Date.parse('2027-03-04T00:30:00Z');
  const charge = await charged();
  reversing = { ...reversing, timeZone: 'America/New_York', nowMs: () => nowMs };
  const answer = await reverse(charge, { id: 'r-1' });
  expect(Reversal.parse(answer)).toEqual({
    id: 'r-1',
    client,
    charge: { id: charge.id, kind: 'charge' },
    amount: '10.00',
    reversed: '10.00',
    quantity: '4',
    currency: 'USD',
    balance: formatAmount(BALANCE),
    recordedAt: expect.any(String),
  });
  expect(await balanceOf()).toBe(BALANCE);
  expect(await reversalsOf()).toMatchObject([
    {
      id: 'r-1',
      day: '2027-03-03',
      occurredAtMs: nowMs,
      meter: 'requests',
      amountMicros: 10n * UNIT,
      quantityMicros: 4n * UNIT,
      reversedKind: 'charge',
      reversedId: charge.id,
      reversedMicros: 10n * UNIT,
    },
  ]);
});

test('the same id with the same body is answered as the first time, with another body refused', async () => {
  const charge = await charged();
  const request = { id: 'r-1', amount: 3n * UNIT };
  const first = await reverse(charge, request);
  await reverse(charge, { amount: UNIT });
  expect(await reverse(charge, request)).toEqual(first);
  expect(await balanceOf()).toBe(BALANCE - 6n * UNIT);
  await expect(reverse(charge, { ...request, amount: 4n * UNIT })).rejects.toMatchObject({
    code: 'id_reused',
  });
});

test('many at once give back no more than was charged', async () => {
  const charge = await charged();
  const outcomes = await Promise.allSettled(
    Array.from({ length: 8 }, () => reverse(charge, { amount: 3n * UNIT })),
  );
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  expect(await balanceOf()).toBe(BALANCE - UNIT);
  expect(await reverse(charge)).toMatchObject({ amount: '1.00', reversed: '10.00' });
  await expect(reverse(charge)).rejects.toMatchObject({ code: 'over_reversed' });
});

test('parts of any size give back exactly the amount and the quantity that were charged', async () => {
  const amounts = fc.oneof(
    fc.bigInt({ min: 1n, max: 1_000n }),
    fc.bigInt({ min: 1n, max: BALANCE / 2n }),
  );
  const quantities = fc.oneof(
    fc.bigInt({ min: 0n, max: 1_000n }),
    fc.bigInt({ min: 0n, max: 10n ** 18n }),
  );
  const parts = fc.array(fc.integer({ min: 1, max: 700 }), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(amounts, quantities, parts, async (amount, quantity, perMilles) => {
      const of = await openNew(reversing.accounts, BALANCE);
      const charge = await charged({ amount, quantity }, of);
      const total = { amount: 0n, quantity: 0n };
      const add = async (part: bigint | undefined) => {
        const answer = await reverse(charge, { client: of, amount: part });
        total.amount += parseMicros(answer.amount) ?? 0n;
        total.quantity += parseMicros(answer.quantity) ?? 0n;
        expect(parseMicros(answer.reversed)).toBe(total.amount);
      };
      for (const perMille of perMilles) {
        const left = amount - total.amount;
        const part = (left * BigInt(perMille)) / 1_000n;
        if (part > 0n) await add(part);
        await expect(
          reverse(charge, { client: of, amount: amount - total.amount + 1n }),
        ).rejects.toMatchObject({ code: 'over_reversed' });
      }
      await add(undefined);
      expect(total).toEqual({ amount, quantity });
      const events = await reversalsOf(of);
      expect(events.reduce((sum, event) => sum + event.amountMicros, 0n)).toBe(amount);
      expect(events.reduce((sum, event) => sum + event.quantityMicros, 0n)).toBe(quantity);
      expect(await balanceOf(of)).toBe(BALANCE);
    }),
    { numRuns: 60 },
  );
});

describe('a charge is found', () => {
  test('by when it was recorded, whatever its id', async () => {
    const charge = await charged({ id: 'order-17' });
    const key = { id: 'order-17', kind: 'charge' as const, recordedAt: charge.recordedAt };
    expect(await reverse(charge, { charge: key })).toMatchObject({ amount: '10.00' });
  });

  test('among many, in a batch that began long before it', async () => {
    const all = [];
    for (let index = 0; index < 30; index++) {
      all.push(await chargeClient(reversing, { ...anyCharge(), id: `c-${index}` }));
    }
    const events = (await eventsOf()).map((event, index) => ({
      ...event,
      recordedAtMs: event.recordedAtMs + index * HOUR_MS,
    }));
    await keepEntries(entries, events, 10);
    for (const index of [0, 8, 9, 17, 29]) {
      const id = `c-${index}`;
      const recordedAt = events.find((event) => event.id === id)?.recordedAtMs as number;
      expect(await reverse({ id }, { charge: { id, kind: 'charge', recordedAt } })).toMatchObject({
        amount: '1.00',
      });
    }
  });

  test('by the time in its id, though it was tried again for hours', async () => {
    const madeAtMs = Date.now() - 5 * HOUR_MS;
    const charge = await charged({ id: ulid(madeAtMs) });
    await keepEntries(entries, await aroundOf(madeAtMs), 1);
    expect(await reverse(charge)).toMatchObject({ amount: '10.00' });
  });

  test('by the time in its id, from a clock that was ahead', async () => {
    const charge = await charged({ id: ulid(Date.now() + 250_000) });
    expect(await reverse(charge)).toMatchObject({ amount: '10.00' });
  });

  test('only as the kind that it is, and by its client', async () => {
    const charge = await charged();
    const { id, recordedAt } = charge;
    const unknown = { code: 'unknown_charge' };
    await expect(
      reverse(charge, { charge: { id, kind: 'capture', recordedAt } }),
    ).rejects.toMatchObject(unknown);
    await expect(reverse(charge, { client: 'other' })).rejects.toMatchObject(unknown);
    await expect(
      reverse(charge, { charge: { id, kind: 'charge', recordedAt: recordedAt - 120_000 } }),
    ).rejects.toMatchObject(unknown);
  });

  const anyCharge = () => ({
    ...{ id: ulid(), client, amount: UNIT, currency: 'USD', meter: 'requests', quantity: UNIT },
  });

  /** Other charges of the client, a minute apart. */
  async function aroundOf(fromMs: number) {
    const [first] = await eventsOf();
    return Array.from({ length: 50 }, (_, minute) => {
      const recordedAtMs = fromMs + (minute - 10) * 60_000;
      return { ...first, id: `other-${minute}`, recordedAtMs } as NonNullable<typeof first>;
    });
  }
});

test('a charge that has not reached the ledger yet is unknown, and worth a second try', async () => {
  const { answer } = await chargeClient(reversing, {
    ...{ id: ulid(), client, amount: UNIT, currency: 'USD', meter: 'requests', quantity: UNIT },
  });
  await expect(reverse(answer)).rejects.toMatchObject({
    code: 'unknown_charge',
    extras: { retryAfterSeconds: 5 },
  });
  await settle();
  expect(await reverse(answer)).toMatchObject({ amount: '1.00' });
});

test('a charge that must have reached the ledger long ago is not worth another try', async () => {
  await expect(reverse({ id: ulid(Date.now() - HOUR_MS) })).rejects.toMatchObject({
    code: 'unknown_charge',
    extras: {},
  });
});

test('without any time to look at, the time is asked for', async () => {
  await expect(reverse({ id: 'order-17' })).rejects.toMatchObject({
    code: 'invalid_body',
    extras: { issues: [{ pointer: '/charge/recordedAt' }] },
  });
});

test('a capture is given back as what it took', async () => {
  const hold = { id: ulid(), client, amount: 10n * UNIT, currency: 'USD', expiresInSeconds: 60 };
  await placeClientHold(reversing, hold);
  const id = ulid();
  await captureClientHold(reversing, {
    ...{ id, client, hold: hold.id, amount: 4n * UNIT, currency: 'USD', meter: 'requests' },
    ...{ quantity: 8n * UNIT, occurredAt: undefined, upTo: false, isFinal: true },
  });
  await settle();
  const charge = { id, kind: 'capture' as const };
  expect(await reverse({ id }, { charge, amount: UNIT })).toMatchObject({
    charge,
    amount: '1.00',
    quantity: '2',
  });
  expect(await reverse({ id }, { charge })).toMatchObject({ amount: '3.00', quantity: '6' });
  expect(await balanceOf()).toBe(BALANCE);
});

test('another currency than that of the charge is refused', async () => {
  const charge = await charged();
  await expect(reverse(charge, { currency: 'EUR' })).rejects.toMatchObject({
    code: 'currency_mismatch',
  });
  expect(await reverse(charge, { currency: 'USD' })).toMatchObject({ amount: '10.00' });
});
