import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { usageSums } from '#shared/testing/usage-arbitraries.ts';
import type { LedgerEvent } from './ledger-event.ts';
import { foldUsage, type UsageSum, usageKeyOf, usageOf } from './usage.ts';

const sorted = (folded: ReadonlyMap<string, UsageSum>) =>
  [...folded].sort(([a], [b]) => (a < b ? -1 : 1));

describe('a fold', () => {
  test('is the same for any order of its input', () => {
    const shuffles = usageSums.chain((sums) =>
      fc.tuple(
        fc.constant(sums),
        fc.shuffledSubarray(sums, { minLength: sums.length, maxLength: sums.length }),
      ),
    );
    fc.assert(
      fc.property(shuffles, ([sums, shuffled]) => {
        expect(sorted(foldUsage(shuffled))).toEqual(sorted(foldUsage(sums)));
      }),
    );
  });

  test('is the same for any split of its input', () => {
    fc.assert(
      fc.property(usageSums, fc.array(fc.nat(3)), (sums, parts) => {
        const byPart = Map.groupBy(sums, (_, index) => parts[index] ?? 0);
        const foldedParts = [...byPart.values()].flatMap((part) => [...foldUsage(part).values()]);
        expect(sorted(foldUsage(foldedParts))).toEqual(sorted(foldUsage(sums)));
        const grown = new Map<string, UsageSum>();
        for (const part of byPart.values()) foldUsage(part, grown);
        expect(sorted(grown)).toEqual(sorted(foldUsage(sums)));
      }),
    );
  });

  test('holds for each key what the input holds, and leaves the input as it is', () => {
    fc.assert(
      fc.property(usageSums, (sums) => {
        const before = structuredClone(sums);
        const folded = foldUsage(sums);
        expect(sums).toEqual(before);
        expect(new Set(folded.keys())).toEqual(new Set(sums.map(usageKeyOf)));
        for (const [key, sum] of folded) {
          const ofKey = sums.filter((each) => usageKeyOf(each) === key);
          expect(sum).toEqual({
            ...ofKey[0],
            events: ofKey.reduce((total, each) => total + each.events, 0),
            quantityMicros: ofKey.reduce((total, each) => total + each.quantityMicros, 0n),
            amountMicros: ofKey.reduce((total, each) => total + each.amountMicros, 0n),
          });
        }
      }),
    );
  });
});

test('an event counts once, as prepaid or postpaid; a change of a balance does not count', () => {
  const base = { client: 'acme', currency: 'EUR', occurredAtMs: 1, recordedAtMs: 2 };
  const metered = { meter: 'sms', day: '2026-11-03', quantityMicros: 5n, amountMicros: 7n };
  const held = { holdId: 'h', heldMicros: 1n, releasedMicros: 0n, expiresAtMs: 9 };
  const events: LedgerEvent[] = [
    { ...base, kind: 'opening', id: 'o', amountMicros: 100n, balanceMicros: 100n },
    { ...base, ...metered, kind: 'charge', id: 'c', balanceMicros: 93n },
    { ...base, kind: 'top_up', id: 't', amountMicros: 1n, balanceMicros: 94n },
    { ...base, kind: 'adjustment', id: 'a', amountMicros: -1n, balanceMicros: 93n },
    { ...base, kind: 'hold', id: 'h', amountMicros: 8n, balanceMicros: 93n, ...held },
    { ...base, ...metered, kind: 'capture', id: 'p', balanceMicros: 86n, ...held },
    { ...base, kind: 'release', id: 'l', amountMicros: 1n, balanceMicros: 86n, ...held },
    { ...base, ...metered, kind: 'usage', id: 'u', origin: 'app' },
  ];
  const counted = { client: 'acme', currency: 'EUR', ...metered, events: 1 };
  expect([...usageOf(events)]).toEqual([
    { ...counted, source: 'prepaid' },
    { ...counted, source: 'prepaid' },
    { ...counted, source: 'postpaid' },
  ]);
});

test('a reversal takes off what it gives back, and counts as an event', () => {
  const of = { client: 'acme', currency: 'EUR', meter: 'sms', day: '2026-11-03' };
  const reversal: LedgerEvent = {
    ...of,
    kind: 'reversal',
    id: 'r',
    amountMicros: 3n,
    quantityMicros: 2n,
    occurredAtMs: 1,
    recordedAtMs: 2,
    reversedKind: 'charge',
    reversedId: 'c',
    reversedMicros: 5n,
    balanceMicros: 100n,
  };
  expect([...usageOf([reversal])]).toEqual([
    { ...of, source: 'reversal', events: 1, quantityMicros: -2n, amountMicros: -3n },
  ]);
});
