import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { usageSums } from '#shared/testing/usage-arbitraries.ts';
import {
  balancesFromJournal,
  differences,
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

  test('is what was left after the last change, whatever the order it is read in', () => {
    fc.assert(
      fc.property(journals, ({ balances, events }) => {
        expect(balancesFromJournal(events)).toEqual(balances);
        expect(balancesFromJournal([...events].reverse())).toEqual(balances);
      }),
    );
  });
});
