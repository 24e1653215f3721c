import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { expectSoundTies } from '#shared/testing/sound-ties.ts';
import { usageKeys } from '#shared/testing/usage-arbitraries.ts';
import { type CarryOver, type PackagingRules, skipReasonOf } from './carry-over.ts';
import { differences, stageOf } from './conservation.ts';
import { billedBy, linksOf, type PackageLinks, type StoredPackage } from './package-invariants.ts';
import { type CorrectionLine, meteredSums, paidOf, totalOf } from './package-line.ts';
import {
  correctedPackage,
  type InvoicePackage,
  MAX_CARRIED,
  packagesToAdd,
  unfinishedCurrencies,
} from './packaging.ts';
import { foldUsage, isPaidAhead, type UsageSum } from './usage.ts';

const PERIODS = ['2026-10-H2', '2026-11-H1', '2026-11-H2'] as const;
const DAYS = ['2026-10-31', '2026-11-03', '2026-11-30'];
const CLIENTS = ['acme', 'b'] as const;

type Round =
  | { readonly type: 'usage'; readonly period: number; readonly sums: readonly UsageSum[] }
  | {
      readonly type: 'run';
      readonly period: number;
      readonly client: string;
      readonly rules: PackagingRules;
    }
  | {
      readonly type: 'correct';
      readonly pick: number;
      readonly rules: PackagingRules;
      readonly amounts: readonly bigint[];
    };

/** About the least amounts, so that totals come to lie on both sides of them. */
const amounts = fc.oneof(
  fc.bigInt({ min: -30n, max: 30n }),
  fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }),
);
const rules: fc.Arbitrary<PackagingRules> = fc
  .record({ minimum: fc.constantFrom(0n, 1n, 20n, 10n ** 9n), carriesOver: fc.boolean() })
  .map(({ minimum, carriesOver }) => ({
    minimumMicros: new Map([['EUR', minimum]]),
    carriesOver,
  }));

function usageIn(period: number): fc.Arbitrary<Round> {
  const sum = fc
    .tuple(usageKeys, fc.constantFrom(...CLIENTS), fc.integer({ min: 1, max: 9 }), amounts)
    .map(([key, client, events, amountMicros]): UsageSum => {
      const day = DAYS[period] as string;
      return { ...key, client, day, events, quantityMicros: BigInt(events), amountMicros };
    });
  return fc.array(sum, { maxLength: 8 }).map((sums) => ({ type: 'usage', period, sums }));
}

const round: fc.Arbitrary<Round> = fc.oneof(
  { weight: 3, arbitrary: fc.nat(PERIODS.length - 1).chain(usageIn) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('run' as const),
      period: fc.nat(PERIODS.length - 1),
      client: fc.constantFrom(...CLIENTS),
      rules,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('correct' as const),
      pick: fc.nat(),
      rules,
      amounts: fc.array(amounts, { maxLength: 3 }),
    }),
  },
);
const rounds = fc.array(round, { maxLength: 30 });

type Stored = InvoicePackage & {
  -readonly [K in 'state' | 'carriedTo' | 'supersededBy']?: StoredPackage[K];
};

/** The tables, as packaging keeps them: what each write puts, it puts as a whole. */
class Tables {
  readonly daily = new Map<string, UsageSum>();
  readonly packages: Stored[] = [];
  marks: CarryOver[] = [];

  #of(client: string, period: string): Stored[] {
    return this.packages.filter((one) => one.client === client && one.period === period);
  }

  #find(id: string): Stored {
    return this.packages.find((one) => one.id === id) as Stored;
  }

  #put(made: InvoicePackage): void {
    for (const line of made.lines) {
      if (line.kind !== 'carry_over') continue;
      this.#find(line.from).carriedTo = made.id;
      this.marks = this.marks.filter(({ from }) => from !== line.from);
    }
    if (made.leaves) this.marks.push(made.leaves);
    this.packages.push({ ...made, state: made.skipReason ? 'skipped' : 'packaged' });
  }

  run(client: string, period: string, rules: PackagingRules): InvoicePackage[] {
    const ofPeriod = this.#of(client, period);
    const standing = ofPeriod.filter(({ state }) => state !== 'superseded');
    const billed = standing.flatMap(({ lines }) => meteredSums(lines));
    const index = PERIODS.indexOf(period as (typeof PERIODS)[number]);
    const daily = [...this.daily.values()].filter(
      (sum) => sum.client === client && sum.day === DAYS[index],
    );
    const open = rules.carriesOver ? this.marks.filter((mark) => mark.client === client) : [];
    const terms = { rules, open, unfinished: unfinishedCurrencies(standing) };
    const made = packagesToAdd(client, period, daily, billed, ofPeriod.length + 1, terms);
    for (const one of made) this.#put(one);
    return made;
  }

  correct(pick: number, rules: PackagingRules, list: readonly bigint[]): void {
    const parked = this.packages.filter(({ state }) => state === 'packaged');
    const old = parked[pick % Math.max(parked.length, 1)];
    if (!old) return;
    const lines = list.map((amountMicros): CorrectionLine => {
      return { kind: 'correction', description: 'x', amountMicros };
    });
    const revision = this.#of(old.client, old.period).length + 1;
    const made = correctedPackage(old, lines, revision, rules);
    this.#put(made);
    Object.assign(old, { state: 'superseded', supersededBy: made.id });
  }

  apply(round: Round): void {
    if (round.type === 'usage') foldUsage(round.sums, this.daily);
    else if (round.type === 'correct') this.correct(round.pick, round.rules, round.amounts);
    else this.run(round.client, PERIODS[round.period] as string, round.rules);
  }

  packageAll(rules: PackagingRules): void {
    for (const client of CLIENTS) for (const period of PERIODS) this.run(client, period, rules);
  }

  stored(): StoredPackage[] {
    return this.packages.map(({ leaves, ...one }) => ({
      ...one,
      isLeft: leaves !== undefined,
      state: one.state ?? 'packaged',
    }));
  }

  ties() {
    const links = this.stored().flatMap((one) => linksOf(one) ?? []);
    return {
      links: new Map(links.map((link): [string, PackageLinks] => [link.id, link])),
      marks: this.marks,
    };
  }
}

function play(list: readonly Round[]): Tables {
  const tables = new Tables();
  for (const one of list) tables.apply(one);
  return tables;
}

const CARRYING: PackagingRules = { minimumMicros: new Map([['EUR', 20n]]), carriesOver: true };

describe('any sequence of usage, runs and corrections, of several clients, half months and currencies', () => {
  test('bills each amount once: at rest daily records = lines of standing packages', () => {
    fc.assert(
      fc.property(rounds, (list) => {
        const tables = play(list);
        tables.packageAll(CARRYING);
        const daily = stageOf('daily records', tables.daily.values());
        const packages = { name: 'packages', sums: billedBy(tables.stored()) };
        expect([...differences([daily, packages])]).toEqual([]);
        expect(CLIENTS.flatMap((client) => tables.run(client, PERIODS[1], CARRYING))).toEqual([]);
      }),
    );
  });

  test('carries over each amount once: what was left = what was taken over + what is open', () => {
    fc.assert(
      fc.property(rounds, (list) => {
        expectSoundTies(play(list).ties());
      }),
    );
  });

  test('collects what was used: totals of what is sent + what is open or given up = daily records + corrections, and so for what is paid', () => {
    fc.assert(
      fc.property(rounds, (list) => {
        const tables = play(list);
        tables.packageAll(CARRYING);
        for (const currency of ['EUR', 'USD']) {
          const of = <T extends { readonly currency: string }>(all: readonly T[]) =>
            all.filter((one) => one.currency === currency);
          const standing = of(tables.stored()).filter(({ state }) => state !== 'superseded');
          const sent = standing.filter(({ state }) => state === 'packaged');
          const givenUp = standing.filter(({ state, isLeft }) => state === 'skipped' && !isLeft);
          const totals = (all: readonly { readonly totalMicros: bigint }[]) =>
            all.reduce((sum, { totalMicros }) => sum + totalMicros, 0n);
          const corrections = standing.flatMap(({ lines }) =>
            lines.filter(({ kind }) => kind === 'correction'),
          );
          const daily = of([...tables.daily.values()]);
          expect(totals(sent) + totals(givenUp) + totalOf(of(tables.marks))).toBe(
            totalOf(daily) + totalOf(corrections),
          );
          const paid = (all: readonly { readonly paidMicros: bigint }[]) =>
            all.reduce((sum, { paidMicros }) => sum + paidMicros, 0n);
          expect(paid(sent) + paid(givenUp) + paid(of(tables.marks))).toBe(
            totalOf(daily.filter(isPaidAhead)),
          );
        }
      }),
    );
  });

  test('sends nothing that is zero, below zero or below the least amount, and says why not', () => {
    fc.assert(
      fc.property(rounds, rules, (list, last) => {
        const tables = play(list);
        const before = tables.packages.length;
        tables.packageAll(last);
        for (const one of tables.packages.slice(before)) {
          expect(one.totalMicros).toBe(totalOf(one.lines));
          expect(one.paidMicros).toBe(paidOf(one.lines));
          expect(one.skipReason).toBe(skipReasonOf(one.totalMicros, one.currency, last));
          const isNothing = one.totalMicros === 0n && one.paidMicros === 0n;
          const isLeft = one.skipReason !== undefined && !isNothing && last.carriesOver;
          expect(one.leaves !== undefined).toBe(isLeft);
        }
      }),
    );
  });

  test('ids are unique and revisions have no gaps; what was frozen stays', () => {
    fc.assert(
      fc.property(rounds, rounds, (first, second) => {
        const tables = play(first);
        const frozen = structuredClone(tables.packages.map(({ id, lines }) => ({ id, lines })));
        for (const one of second) tables.apply(one);
        const now = tables.packages.map(({ id, lines }) => ({ id, lines }));
        expect(now.slice(0, frozen.length)).toEqual(frozen);
        expect(new Set(now.map(({ id }) => id)).size).toBe(now.length);
        const groups = Map.groupBy(tables.packages, (one) => `${one.client} ${one.period}`);
        for (const group of groups.values()) {
          expect(group.map(({ revision }) => revision)).toEqual(group.map((_, index) => index + 1));
        }
      }),
    );
  });

  test('late events in any order come to the same', () => {
    const usages = fc.array(fc.nat(PERIODS.length - 1).chain(usageIn), { maxLength: 8 });
    const shuffled = usages.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    );
    fc.assert(
      fc.property(shuffled, ([list, other]) => {
        const [a, b] = [play(list), play(other)];
        a.packageAll(CARRYING);
        b.packageAll(CARRYING);
        expect(b.packages).toEqual(a.packages);
      }),
    );
  });
});

describe('what is paid', () => {
  const sum = (source: UsageSum['source'], amountMicros: bigint): UsageSum => ({
    ...{ client: 'acme', day: '2026-11-03', meter: 'sms', currency: 'EUR', source },
    ...{ events: 1, quantityMicros: 1n, amountMicros },
  });
  const correction = (amountMicros: bigint): CorrectionLine => {
    return { kind: 'correction', description: 'x', amountMicros };
  };
  const packagesOf = (sums: readonly UsageSum[], open: readonly CarryOver[] = []) =>
    packagesToAdd('acme', '2026-11-H1', sums, [], 1, { rules: CARRYING, open });

  test.each<[string, UsageSum[], { totalMicros: bigint; paidMicros: bigint }]>([
    ['what was charged', [sum('prepaid', 90n)], { totalMicros: 90n, paidMicros: 90n }],
    ['nothing of usage', [sum('postpaid', 90n)], { totalMicros: 90n, paidMicros: 0n }],
    [
      'less what was given back',
      [sum('prepaid', 90n), sum('postpaid', 50n), sum('reversal', -30n)],
      { totalMicros: 110n, paidMicros: 60n },
    ],
    [
      'below zero where more was given back',
      [sum('postpaid', 90n), sum('reversal', -30n)],
      { totalMicros: 60n, paidMicros: -30n },
    ],
  ])('is %s', (_, sums, expected) => {
    expect(packagesOf(sums)).toMatchObject([expected]);
  });

  test('is carried over with the total, also with one of zero: what is due of it is not lost', () => {
    const [left] = packagesOf([sum('postpaid', 30n), sum('reversal', -30n)]);
    expect(left).toMatchObject({
      skipReason: 'zero_total',
      leaves: { amountMicros: 0n, paidMicros: -30n },
    });
    const open = left?.leaves ? [left.leaves] : [];
    const [next] = packagesToAdd('acme', '2026-11-H2', [sum('prepaid', 50n)], [], 1, {
      ...{ rules: CARRYING, open },
    });
    expect(next).toMatchObject({ totalMicros: 50n, paidMicros: 20n });
    expect(next?.lines.at(-1)).toEqual({
      ...{ kind: 'carry_over', from: left?.id, amountMicros: 0n, paidMicros: -30n },
    });
  });

  test('stays what it is through a correction, which is not paid', () => {
    const carried = { client: 'acme', currency: 'EUR', from: '2026-10-H2.1.acme' };
    const [old] = packagesOf(
      [sum('prepaid', 90n)],
      [{ ...carried, amountMicros: 10n, paidMicros: 4n }],
    );
    const corrected = (amountMicros: bigint) =>
      correctedPackage(old as InvoicePackage, [correction(amountMicros)], 2, CARRYING);
    expect(corrected(-50n)).toMatchObject({ totalMicros: 50n, paidMicros: 94n });
    expect(corrected(-100n)).toMatchObject({
      skipReason: 'zero_total',
      leaves: { amountMicros: 0n, paidMicros: 94n },
    });
  });
});

test('more open amounts than one package takes wait for the next', () => {
  const open = Array.from(
    { length: MAX_CARRIED + 3 },
    (_, index): CarryOver => ({
      ...{ client: 'acme', currency: 'EUR', amountMicros: 1n, paidMicros: BigInt(index) },
      from: `2026-10-H2.${index + 1}.acme`,
    }),
  );
  const used: UsageSum = {
    ...{ client: 'acme', day: '2026-11-03', meter: 'sms', currency: 'EUR', source: 'postpaid' },
    ...{ events: 1, quantityMicros: 1n, amountMicros: 100n },
  };
  const terms = { rules: CARRYING, open };
  const [made] = packagesToAdd('acme', '2026-11-H1', [used], [], 1, terms);
  expect(made?.totalMicros).toBe(100n + BigInt(MAX_CARRIED));
  expect(made?.paidMicros).toBe(paidOf(made?.lines ?? []));
  expect(made?.lines.filter(({ kind }) => kind === 'carry_over')).toHaveLength(MAX_CARRIED);
});
