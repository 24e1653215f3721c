import { expect, test } from '@jest/globals';
import { type AccountEvent, effectOf, isMetered, type LedgerEvent } from './ledger-event.ts';

const base = {
  id: 'x',
  client: 'acme',
  currency: 'EUR',
  amountMicros: 7n,
  occurredAtMs: 1,
  recordedAtMs: 2,
  balanceMicros: 100n,
};
const metered = { meter: 'sms', day: '2026-11-21', quantityMicros: 3n } as const;
const ofHold = { heldMicros: 10n, holdId: 'h' };

/** An event of each kind; whether it is metered; what it adds to the balance and to what is held. */
const CASES: [LedgerEvent, boolean, balance: bigint, held: bigint][] = [
  [{ ...base, kind: 'opening' }, false, 7n, 0n],
  [{ ...base, kind: 'top_up' }, false, 7n, 0n],
  [{ ...base, kind: 'adjustment', amountMicros: -7n }, false, -7n, 0n],
  [{ ...base, ...metered, kind: 'charge' }, true, -7n, 0n],
  [
    {
      ...base,
      ...metered,
      kind: 'reversal',
      reversedKind: 'capture',
      reversedId: 'c',
      reversedMicros: 9n,
    },
    true,
    7n,
    0n,
  ],
  [{ ...base, kind: 'hold', heldMicros: 10n, expiresAtMs: 3 }, false, 0n, 7n],
  [{ ...base, ...metered, ...ofHold, kind: 'capture', releasedMicros: 2n }, true, -7n, -9n],
  [{ ...base, ...ofHold, kind: 'release' }, false, 0n, -7n],
  [{ ...base, ...ofHold, kind: 'expiry' }, false, 0n, -7n],
  [{ ...base, ...ofHold, kind: 'extension', amountMicros: 0n, expiresAtMs: 3 }, false, 0n, 0n],
  [
    { ...base, kind: 'terms', amountMicros: 0n, status: 'open', creditLimitMicros: 5n },
    false,
    0n,
    0n,
  ],
];

test.each(CASES.map((each) => [each[0].kind, ...each] as const))(
  '%s: whether it is metered, and its effect',
  (_kind, event, isSo, balanceMicros, heldMicros) => {
    expect(isMetered(event)).toBe(isSo);
    expect(effectOf(event as AccountEvent)).toEqual({ balanceMicros, heldMicros });
  },
);

test('postpaid usage is metered', () => {
  const { balanceMicros, ...rest } = base;
  expect(isMetered({ ...rest, ...metered, kind: 'usage', origin: 'app' })).toBe(true);
});
