import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { accountDifferences } from './account-totals.ts';
import { foldBalances } from './conservation.ts';
import type { LedgerEvent } from './ledger-event.ts';

const base = { currency: 'EUR', occurredAtMs: 1, balanceMicros: 0n };
const anyEvent: fc.Arbitrary<LedgerEvent> = fc
  .record({
    client: fc.constantFrom('a', 'b', 'c'),
    id: fc.uuid(),
    amountMicros: fc.bigInt({ min: 1n, max: 9n }),
    recordedAtMs: fc.integer({ min: 1, max: 20 }),
    kind: fc.constantFrom('top_up' as const, 'hold' as const, 'release' as const),
  })
  .map(({ kind, ...event }): LedgerEvent => {
    if (kind === 'top_up') return { ...base, ...event, kind };
    const held = { ...base, ...event, heldMicros: 0n };
    return kind === 'hold' ? { ...held, kind, expiresAtMs: 99 } : { ...held, kind, holdId: 'h' };
  });
const events = fc.array(anyEvent, { minLength: 1, maxLength: 30 });
const found = (
  ledger: readonly LedgerEvent[],
  entries: readonly LedgerEvent[],
  untilMs: number,
) => [...accountDifferences(foldBalances(ledger, untilMs), foldBalances(entries, untilMs))];

test('the same changes in any order are no difference', () => {
  fc.assert(
    fc.property(events, fc.integer({ max: 30 }), (all, untilMs) => {
      expect(found(all, all.toReversed(), untilMs)).toEqual([]);
    }),
  );
});

test('one that is missing or there twice is found with its client, once it has settled', () => {
  fc.assert(
    fc.property(events, fc.nat(), fc.integer({ max: 30 }), (all, nth, untilMs) => {
      const event = all[nth % all.length] as LedgerEvent;
      const expected = event.recordedAtMs <= untilMs ? [event.client] : [];
      const without = all.filter((each) => each !== event);
      for (const other of [without, [...all, event]]) {
        expect(found(all, other, untilMs).map(({ client }) => client)).toEqual(expected);
        expect(found(other, all, untilMs).map(({ client }) => client)).toEqual(expected);
      }
    }),
  );
});

test('an amount that changed is found, of the balance and of what is held', () => {
  const topUp: LedgerEvent = {
    ...base,
    kind: 'top_up',
    client: 'a',
    id: 't',
    amountMicros: 5n,
    recordedAtMs: 1,
  };
  const hold: LedgerEvent = { ...topUp, kind: 'hold', heldMicros: 5n, expiresAtMs: 9 };
  for (const event of [topUp, hold]) {
    expect(found([event], [{ ...event, amountMicros: 6n }], 9)).toHaveLength(1);
  }
});

test('usage is no change of an account', () => {
  const usage: LedgerEvent = {
    ...{ ...base, kind: 'usage', client: 'a', id: 'u', amountMicros: 5n, recordedAtMs: 1 },
    ...{ origin: '/app', meter: 'sms', quantityMicros: 1n, day: '2026-11-01' },
  };
  expect(found([usage], [], 9)).toEqual([]);
});
