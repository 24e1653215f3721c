import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AccountFold, type FoldedAccount } from './account-fold.ts';
import type { AccountEvent } from './ledger-event.ts';

type Step =
  | { readonly kind: 'top_up' | 'charge' | 'hold' | 'reversal'; readonly amount: bigint }
  | { readonly kind: 'capture'; readonly hold: number; readonly part: bigint; final: boolean }
  | { readonly kind: 'release' | 'expiry' | 'extension'; readonly hold: number };

const amount = fc.bigInt({ min: 1n, max: 50n });
const hold = fc.nat(20);
const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('top_up' as const, 'charge' as const, 'reversal' as const),
    amount,
  }),
  fc.record({ kind: fc.constant('hold' as const), amount }),
  fc.record({
    kind: fc.constant('capture' as const),
    hold,
    part: fc.bigInt({ min: 0n, max: 60n }),
    final: fc.boolean(),
  }),
  fc.record({
    kind: fc.constantFrom('release' as const, 'expiry' as const, 'extension' as const),
    hold,
  }),
);

const BASE = { client: 'acme', currency: 'USD', occurredAtMs: 1, fingerprint: 'f' };
const METERED = { meter: 'requests', quantityMicros: 1n, day: '2026-11-21' } as const;

/** The events of an account on which steps were taken, in a millisecond each; steps on no hold are left out. */
function eventsOf(steps: readonly Step[]): AccountEvent[] {
  let balanceMicros = 1_000n;
  const holds = new Map<string, bigint>();
  const events: AccountEvent[] = [
    {
      ...BASE,
      kind: 'opening',
      id: 'opening',
      amountMicros: 1_000n,
      recordedAtMs: 1,
      balanceMicros,
    },
  ];
  const heldMicros = () => [...holds.values()].reduce((sum, left) => sum + left, 0n);
  for (const [index, step] of steps.entries()) {
    const base = { ...BASE, id: `${index}`, recordedAtMs: index + 2 };
    switch (step.kind) {
      case 'top_up':
        balanceMicros += step.amount;
        events.push({ ...base, kind: 'top_up', amountMicros: step.amount, balanceMicros });
        break;
      case 'reversal': {
        balanceMicros += step.amount;
        const charge = { reversedKind: 'charge' as const, reversedId: 'c' };
        const sums = { amountMicros: step.amount, reversedMicros: BigInt(index), balanceMicros };
        events.push({ ...base, ...METERED, kind: 'reversal', ...charge, ...sums });
        break;
      }
      case 'charge':
        balanceMicros -= step.amount;
        events.push({
          ...{ ...base, ...METERED, kind: 'charge' },
          amountMicros: step.amount,
          balanceMicros,
        });
        break;
      case 'hold': {
        holds.set(base.id, step.amount);
        const after = { balanceMicros, heldMicros: heldMicros(), expiresAtMs: 100 + index };
        events.push({ ...base, kind: 'hold', amountMicros: step.amount, ...after });
        break;
      }
      default: {
        const ids = [...holds.keys()];
        const holdId = ids[step.hold % Math.max(ids.length, 1)];
        if (holdId === undefined) break;
        const left = holds.get(holdId) as bigint;
        if (step.kind === 'extension') {
          const after = { balanceMicros, heldMicros: heldMicros(), expiresAtMs: 1_000 + index };
          events.push({ ...base, kind: 'extension', holdId, amountMicros: 0n, ...after });
        } else if (step.kind === 'capture') {
          const isWhole = step.part >= left;
          const amountMicros = isWhole ? left : step.part;
          const releasedMicros = step.final ? left - amountMicros : 0n;
          const rest = left - amountMicros - releasedMicros;
          if (rest === 0n) holds.delete(holdId);
          else holds.set(holdId, rest);
          balanceMicros -= amountMicros;
          const after = { releasedMicros, balanceMicros, heldMicros: heldMicros() };
          events.push({ ...base, ...METERED, kind: 'capture', holdId, amountMicros, ...after });
        } else {
          holds.delete(holdId);
          const after = { balanceMicros, heldMicros: heldMicros() };
          events.push({ ...base, kind: step.kind, holdId, amountMicros: left, ...after });
        }
      }
    }
  }
  return events;
}

function foldAll(events: readonly AccountEvent[]) {
  const fold = new AccountFold();
  const leftInHolds = events.map((event) => fold.add(event));
  return { leftInHolds, account: fold.accounts.get('acme') as FoldedAccount };
}

const steps = fc.array(stepArbitrary, { maxLength: 60 });

describe('events in their order', () => {
  test('leave the balance and the holds that the last of them carries', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const events = eventsOf(taken);
        const { account } = foldAll(events);
        const last = events.findLast((event) => 'heldMicros' in event);
        expect(account).toMatchObject({
          openingMicros: 1_000n,
          balanceMicros: events.at(-1)?.balanceMicros,
          heldMicros: last && 'heldMicros' in last ? last.heldMicros : 0n,
          hasHadHolds: last !== undefined,
          isWhole: true,
        });
        const held = [...account.holds.values()].reduce(
          (sum, { leftMicros }) => sum + leftMicros,
          0n,
        );
        expect(held).toBe(account.heldMicros);
      }),
    );
  });

  test('keep accounts apart', () => {
    const fold = new AccountFold();
    const [opening, charge] = eventsOf([{ kind: 'charge', amount: 5n }]) as [
      AccountEvent,
      AccountEvent,
    ];
    for (const event of [opening, { ...opening, client: 'other' }, charge]) fold.add(event);
    expect([...fold.accounts.values()]).toMatchObject([
      { client: 'acme', balanceMicros: 995n, isWhole: true },
      { client: 'other', balanceMicros: 1_000n, isWhole: true },
    ]);
  });

  test('tell what a capture left in its hold, and the terms last set', () => {
    const capture = { kind: 'capture', hold: 0, part: 4n } as const;
    const events = eventsOf([
      { kind: 'hold', amount: 10n },
      { ...capture, final: false },
      { ...capture, final: true },
    ]);
    const terms: AccountEvent = {
      ...{ ...BASE, kind: 'terms', id: 't', amountMicros: 0n, recordedAtMs: 9 },
      ...{ balanceMicros: 992n, status: 'frozen', creditLimitMicros: 7n },
    };
    const { leftInHolds, account } = foldAll([...events, terms]);
    expect(leftInHolds).toEqual([undefined, undefined, 6n, 0n, undefined]);
    expect(account).toMatchObject({
      heldMicros: 0n,
      holds: new Map(),
      terms: { status: 'frozen', creditLimitMicros: 7n },
    });
  });
});

describe('where events are missing', () => {
  const charges = Array.from({ length: 6 }, () => ({ kind: 'charge' as const, amount: 5n }));

  test.each([0, 1, 2, 5])('the %ith: the account is not whole', (index) => {
    const events = eventsOf(charges).toSpliced(index, 1);
    expect(foldAll(events).account.isWhole).toBe(false);
  });

  test('the last one: nobody can tell', () => {
    const { account } = foldAll(eventsOf(charges).slice(0, -1));
    expect(account).toMatchObject({ isWhole: true, balanceMicros: 975n });
  });

  test('or one is there twice, it is not whole either', () => {
    const events = eventsOf(charges);
    expect(foldAll([...events, events[3] as AccountEvent]).account.isWhole).toBe(false);
  });

  test('the account is that of the last event, with the holds that are known', () => {
    const events = eventsOf([
      { kind: 'hold', amount: 10n },
      ...charges,
      { kind: 'hold', amount: 7n },
      { kind: 'capture', hold: 0, part: 4n, final: false },
    ]);
    expect(foldAll(events.toSpliced(4, 1)).account).toMatchObject({
      ...{ isWhole: false, balanceMicros: 966n, heldMicros: 13n },
    });
    const { account, leftInHolds } = foldAll(events.toSpliced(1, 1));
    expect(account).toMatchObject({ isWhole: false, balanceMicros: 966n, heldMicros: 7n });
    expect(leftInHolds.at(-1)).toBe(0n);
    expect([...account.holds.keys()]).toEqual(['7']);
  });

  test.each<[string, Step[]]>([
    [
      'a hold',
      [
        { kind: 'hold', amount: 5n },
        { kind: 'release', hold: 0 },
      ],
    ],
    [
      'a release',
      [
        { kind: 'hold', amount: 5n },
        { kind: 'release', hold: 0 },
        { kind: 'hold', amount: 5n },
      ],
    ],
  ])('%s, which changes no balance', (_name, taken) => {
    const events = eventsOf(taken);
    expect(foldAll(events.toSpliced(events.length - 2, 1)).account.isWhole).toBe(false);
  });
});
