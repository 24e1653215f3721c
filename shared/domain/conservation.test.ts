import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { usageSums } from '#shared/testing/usage-arbitraries.ts';
import {
  type BalanceHistory,
  balanceAtEnd,
  differences,
  foldBalances,
  type Stage,
  stageOf,
  totalsByCurrency,
} from './conservation.ts';
import type { LedgerEvent } from './ledger-event.ts';
import { foldUsage, type UsageKey, type UsageSum, usageKeyOf } from './usage.ts';

const NAMES = ['ledger', 'deltas', 'daily records', 'packages'];
const folded = usageSums.map((sums) => foldUsage(sums));
const stagesOf = (sums: ReadonlyMap<string, UsageSum>): Stage[] =>
  NAMES.map((name) => ({ name, sums: new Map(sums) }));

type Tampering = (sum: UsageSum, by: bigint) => UsageSum | undefined;
const tamperings: Record<string, Tampering> = {
  amount: (sum, by) => ({ ...sum, amountMicros: sum.amountMicros + by }),
  quantity: (sum, by) => ({ ...sum, quantityMicros: sum.quantityMicros - by }),
  events: (sum, by) => ({ ...sum, events: sum.events + Number(by) }),
  all: () => undefined,
};

/** The stages with sums changed in one of them, and the keys of these in the order to report them in. */
const tampered = folded
  .filter((sums) => sums.size > 0)
  .chain((sums) =>
    fc.record({
      sums: fc.constant(sums),
      keys: fc.subarray([...sums.keys()], { minLength: 1 }),
      stage: fc.nat(NAMES.length - 1),
      what: fc.constantFrom(...Object.keys(tamperings)),
      by: fc.bigInt({ min: 1n, max: 1_000_000n }),
    }),
  )
  .map(({ sums, keys, stage, what, by }) => {
    const stages = NAMES.map((name, index) => {
      if (index !== stage) return { name, sums };
      const changed = new Map(sums);
      for (const key of keys) {
        const sum = tamperings[what]?.(sums.get(key) as UsageSum, by);
        if (sum) changed.set(key, sum);
        else changed.delete(key);
      }
      return { name, sums: changed };
    });
    const order = keys.map((key) => sums.get(key) as UsageSum).sort(byClientDayMeter);
    return { stages, stage, order };
  });

function byClientDayMeter(a: UsageKey, b: UsageKey): number {
  for (const part of ['client', 'day', 'meter', 'currency', 'source'] as const) {
    if (a[part] !== b[part]) return a[part] < b[part] ? -1 : 1;
  }
  return 0;
}

describe('differences', () => {
  test('there are none between equal stages', () => {
    fc.assert(fc.property(folded, (sums) => [...differences(stagesOf(sums))].length === 0));
    expect([...differences([])]).toEqual([]);
  });

  test('any tampering with one stage is found, next to each of its neighbours, first key first', () => {
    fc.assert(
      fc.property(tampered, ({ stages, stage, order }) => {
        const pairs = [
          [stage - 1, stage],
          [stage, stage + 1],
        ]
          .map(([left = 0, right = 0]) => [NAMES[left], NAMES[right]])
          .filter(([left, right]) => left !== undefined && right !== undefined);
        const expected = order.flatMap((sum) =>
          pairs.map(([left, right]) => ({ key: usageKeyOf(sum), left, right })),
        );
        const found = [...differences(stages)].map(({ key, left, right }) => ({
          key: usageKeyOf(key),
          left: left.stage,
          right: right.stage,
        }));
        expect(found).toEqual(expected);
      }),
    );
  });

  test('a key that a stage lacks counts there as nothing', () => {
    const sum: UsageSum = {
      client: 'acme',
      day: '2026-11-03',
      meter: 'sms',
      currency: 'EUR',
      source: 'postpaid',
      events: 2,
      quantityMicros: 3n,
      amountMicros: 4n,
    };
    const [found] = [...differences([stageOf('ledger', [sum]), stageOf('deltas', [])])];
    expect(found).toMatchObject({
      key: { client: 'acme', day: '2026-11-03', meter: 'sms' },
      left: { stage: 'ledger', events: 2, quantityMicros: 3n, amountMicros: 4n },
      right: { stage: 'deltas', events: 0, quantityMicros: 0n, amountMicros: 0n },
    });
  });
});

test('a stage from elsewhere holds all that it is given: something billed twice shows', () => {
  fc.assert(
    fc.property(usageSums, (sums) => {
      expect(stageOf('books', sums).sums).toEqual(foldUsage(sums));
    }),
  );
});

test('totals by currency hold what the sums hold', () => {
  fc.assert(
    fc.property(usageSums, (sums) => {
      const totals = totalsByCurrency(sums);
      expect([...totals.keys()].sort()).toEqual([...new Set(sums.map((s) => s.currency))].sort());
      for (const [currency, total] of totals) {
        const ofCurrency = sums.filter((sum) => sum.currency === currency);
        expect(total).toEqual({
          events: ofCurrency.reduce((all, sum) => all + sum.events, 0),
          quantityMicros: ofCurrency.reduce((all, sum) => all + sum.quantityMicros, 0n),
          amountMicros: ofCurrency.reduce((all, sum) => all + sum.amountMicros, 0n),
        });
      }
    }),
  );
});

describe('the balance that a journal implies', () => {
  const base = { currency: 'EUR', occurredAtMs: 1, recordedAtMs: 2 };
  const metered = { meter: 'sms', day: '2026-11-03', quantityMicros: 1n };

  /** A journal as Redis writes it: each change of a balance carries the balance after it. */
  const journals = fc
    .array(
      fc.record({
        client: fc.constantFrom('acme', 'b'),
        kind: fc.constantFrom('opening', 'top_up', 'adjustment', 'charge', 'usage'),
        amountMicros: fc.bigInt({ min: -1_000n, max: 10n ** 15n }),
      }),
    )
    .map((changes) => {
      const balances = new Map<string, bigint>();
      const events = changes.map(({ client, kind, amountMicros }, index): LedgerEvent => {
        const event = { ...base, client, id: String(index), amountMicros };
        if (kind === 'usage') return { ...event, ...metered, kind, origin: 'app' };
        const change = kind === 'charge' ? -amountMicros : amountMicros;
        const balanceMicros = (balances.get(client) ?? 0n) + change;
        balances.set(client, balanceMicros);
        return kind === 'charge'
          ? { ...event, ...metered, kind, balanceMicros }
          : { ...event, kind, balanceMicros };
      });
      return { balances, events };
    });

  const sumsOf = (events: readonly LedgerEvent[]) =>
    new Map(
      [...foldBalances(events, Number.POSITIVE_INFINITY)].map(([client, { sumMicros }]) => [
        client,
        sumMicros,
      ]),
    );

  test('is what was left after the last change, whatever the order it is read in', () => {
    fc.assert(
      fc.property(journals, ({ balances, events }) => {
        expect(sumsOf(events)).toEqual(balances);
        expect(sumsOf([...events].reverse())).toEqual(balances);
      }),
    );
  });
});

test('what a journal says is held: holds less captures and what was given back', () => {
  const base = { client: 'acme', currency: 'EUR', occurredAtMs: 1, recordedAtMs: 2 };
  const after = { balanceMicros: 0n, heldMicros: 0n, holdId: 'h' };
  const metered = { meter: 'sms', day: '2026-11-03', quantityMicros: 1n } as const;
  const events: LedgerEvent[] = [
    { ...base, kind: 'opening', id: 'o', amountMicros: 100n, balanceMicros: 100n },
    { ...base, ...after, kind: 'hold', id: 'h', amountMicros: 50n, expiresAtMs: 9 },
    { ...base, ...after, kind: 'hold', id: 'i', amountMicros: 7n, expiresAtMs: 9 },
    {
      ...base,
      ...after,
      ...metered,
      kind: 'capture',
      id: 'c',
      amountMicros: 5n,
      releasedMicros: 0n,
    },
    { ...base, ...after, kind: 'extension', id: 'x', amountMicros: 0n, expiresAtMs: 10 },
    {
      ...base,
      ...after,
      ...metered,
      kind: 'capture',
      id: 'd',
      amountMicros: 5n,
      releasedMicros: 40n,
    },
    { ...base, ...after, kind: 'expiry', id: 'i', amountMicros: 7n },
  ];
  const heldAt = (count: number) => foldBalances(events.slice(0, count), 2).get('acme')?.heldMicros;
  expect([1, 2, 3, 4, 5, 6, 7].map(heldAt)).toEqual([0n, 50n, 57n, 52n, 52n, 7n, 0n]);
  expect(foldBalances([...events].reverse(), 2).get('acme')).toMatchObject({
    sumMicros: 90n,
    heldMicros: 0n,
  });
});

describe('a journal checked against itself', () => {
  const base = { client: 'acme', currency: 'EUR', occurredAtMs: 1 };

  /** Changes by time, each with the balance it leaves, as Redis writes them. */
  function journalOf(changes: readonly (readonly [atMs: number, change: bigint])[]): LedgerEvent[] {
    let balanceMicros = 0n;
    return changes.map(([recordedAtMs, change], index) => {
      balanceMicros += change;
      const event = { ...base, id: String(index), recordedAtMs, balanceMicros };
      return change < 0n
        ? {
            ...event,
            kind: 'charge',
            amountMicros: -change,
            meter: 'sms',
            day: '2026-11-03',
            quantityMicros: 1n,
          }
        : { ...event, kind: index === 0 ? 'opening' : 'top_up', amountMicros: change };
    });
  }

  const historyOf = (events: readonly LedgerEvent[], untilMs: number): BalanceHistory =>
    foldBalances(events, untilMs).get('acme') ?? {
      changes: 0,
      sumMicros: 0n,
      heldMicros: 0n,
      lastAtMs: 0,
      last: [],
      goesOn: false,
    };
  const holds = (events: readonly LedgerEvent[], untilMs: number) => {
    const history = historyOf(events, untilMs);
    return history.last.length === 0 || balanceAtEnd(history) === history.sumMicros;
  };
  const sum = (changes: readonly (readonly [number, bigint])[]) =>
    changes.reduce((total, [, change]) => total + change, 0n);

  /** Few amounts and few milliseconds, so that balances repeat and milliseconds are shared. */
  const changes = fc
    .array(fc.tuple(fc.nat(4), fc.constantFrom(-20n, -10n, -10n, -10n, 0n, 10n, 30n)), {
      maxLength: 12,
    })
    .map((list) => {
      let atMs = 1;
      const later = list.map(([wait, change]): [number, bigint] => {
        atMs += wait >> 1;
        return [atMs, change];
      });
      return [[1, 1_000n], ...later] as [number, bigint][];
    });
  const point = fc.integer({ min: 1, max: 20 });
  const shuffled = (events: readonly LedgerEvent[]) =>
    fc.shuffledSubarray([...events], { minLength: events.length });

  test('holds at every point, whatever the order it is read in, and tells its sum', () => {
    fc.assert(
      fc.property(
        changes.chain((list) => fc.tuple(fc.constant(list), shuffled(journalOf(list)))),
        point,
        ([list, events], untilMs) => {
          const settled = list.filter(([atMs]) => atMs <= untilMs);
          const history = historyOf(events, untilMs);
          expect(balanceAtEnd(history)).toBe(sum(settled));
          expect(history.goesOn).toBe(settled.length < list.length);
        },
      ),
    );
  });

  test('fails at every later point without any one of its changes, or with one of them twice', () => {
    fc.assert(
      fc.property(changes, fc.nat(), point, fc.boolean(), (list, pick, untilMs, isDoubled) => {
        const settled = list.filter(([atMs]) => atMs <= untilMs);
        const [lastAtMs] = settled.at(-1) as [number, bigint];
        const index = pick % settled.length;
        const [atMs, change] = settled[index] as [number, bigint];
        // Where a millisecond ends where it began, its last balance may be any of its balances.
        const ofLast = settled.filter(([at]) => at === lastAtMs);
        fc.pre(change !== 0n && atMs < lastAtMs && sum(ofLast) !== 0n);
        const events = journalOf(list);
        const tampered = isDoubled
          ? [...events, events[index] as LedgerEvent]
          : events.filter((_, position) => position !== index);
        expect(holds(tampered, untilMs)).toBe(false);
        const history = historyOf(tampered, untilMs);
        expect(history.sumMicros - (balanceAtEnd(history) as bigint)).toBe(
          isDoubled ? change : -change,
        );
      }),
    );
  });

  const at5 = (...list: bigint[]) => list.map((change): [number, bigint] => [5, change]);
  const opened: [number, bigint] = [1, 100n];

  test('charges of one price in one millisecond do not hide that one of that price is missing', () => {
    const events = journalOf([opened, [2, -10n], ...at5(-10n, -10n, -10n)]);
    expect(holds(events, 9)).toBe(true);
    expect(
      holds(
        events.filter(({ id }) => id !== '1'),
        9,
      ),
    ).toBe(false);
  });

  test.each([
    ['the first', '1'],
    ['one in between', '2'],
  ])('%s of a millisecond is missed', (_, lost) => {
    const events = journalOf([opened, ...at5(-10n, -10n, -10n)]);
    expect(
      holds(
        events.filter(({ id }) => id !== lost),
        9,
      ),
    ).toBe(false);
  });

  test('one that is there twice in the last millisecond is found', () => {
    const events = journalOf([opened, ...at5(-10n)]);
    expect(holds([...events, ...events.slice(1)], 9)).toBe(false);
  });

  test.each([
    ['back and forth', at5(-10n, 10n, -10n)],
    ['back to where it began', at5(-10n, 10n)],
    ['by nothing', at5(0n, 0n)],
    ['by nothing, and then by something', at5(0n, -10n, 0n)],
  ])('a balance that goes %s within a millisecond holds', (_, list) => {
    const events = journalOf([opened, ...list]);
    expect(holds(events, 9)).toBe(true);
    expect(holds([...events].reverse(), 9)).toBe(true);
  });

  test('what two looks find is the same in whatever order they read', () => {
    const events = journalOf([opened, ...at5(-10n, -10n, -10n)]).filter(({ id }) => id !== '2');
    expect(balanceAtEnd(historyOf(events, 9))).toBe(70n);
    expect(balanceAtEnd(historyOf([...events].reverse(), 9))).toBe(70n);
  });

  test('each client has its own, and usage is none', () => {
    const [opening] = journalOf([opened]) as [LedgerEvent];
    const usage = { ...base, id: 'u', recordedAtMs: 1, kind: 'usage', origin: 'app' } as const;
    const histories = foldBalances(
      [
        opening,
        { ...opening, client: 'b', recordedAtMs: 3 },
        {
          ...usage,
          client: 'c',
          amountMicros: 1n,
          meter: 'sms',
          day: '2026-11-03',
          quantityMicros: 1n,
        },
      ],
      2,
    );
    expect([...histories.keys()]).toEqual(['acme', 'b']);
    expect(histories.get('acme')).toMatchObject({ sumMicros: 100n, goesOn: false });
    expect(histories.get('b')).toMatchObject({ sumMicros: 0n, last: [], goesOn: true });
    expect(balanceAtEnd(histories.get('b') as BalanceHistory)).toBeUndefined();
  });
});
