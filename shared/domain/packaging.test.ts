import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { usageSum, usageSums } from '#shared/testing/usage-arbitraries.ts';
import { PLAIN_RULES } from './carry-over.ts';
import { isMeteredLine, meteredSums } from './package-line.ts';
import {
  correctedPackage,
  type InvoicePackage,
  invoiceIdOf,
  MAX_PACKAGE_LINES,
  packagesToAdd,
  parseInvoiceId,
  unfinishedCurrencies,
} from './packaging.ts';
import { type DailyRecord, foldUsage, type UsageSum, usageKeyOf } from './usage.ts';

const PERIOD = '2026-11-H1';
const sums = fc.array(
  usageSum.map((sum): UsageSum => ({ ...sum, client: 'acme' })),
  { maxLength: 20 },
);

/** Runs packaging after each growth of the daily records; returns all packages. */
function packageRuns(growths: readonly (readonly UsageSum[])[]) {
  const daily = new Map<string, UsageSum>();
  const packages: InvoicePackage[] = [];
  const linesOf = () => meteredSums(packages.flatMap((each) => each.lines));
  const runs = growths.map((growth) => {
    foldUsage(growth, daily);
    const added = packagesToAdd('acme', PERIOD, daily.values(), linesOf(), packages.length + 1);
    packages.push(...added);
    return added;
  });
  return { daily, packages, runs, linesOf };
}

describe('any sequence of runs over growing daily records', () => {
  test('bills each key what its records hold, and nothing again', () => {
    fc.assert(
      fc.property(fc.array(sums, { maxLength: 6 }), (growths) => {
        const { daily, packages, linesOf } = packageRuns(growths);
        const billed = foldUsage(linesOf());
        expect(billed).toEqual(new Map([...billed.keys()].map((key) => [key, daily.get(key)])));
        const unbilled = [...daily].filter(([key]) => !billed.has(key));
        expect(unbilled).toEqual([]);
        const next = packages.length + 1;
        expect(packagesToAdd('acme', PERIOD, daily.values(), linesOf(), next)).toEqual([]);
      }),
    );
  });

  test('numbers revisions on, gives each package one currency, and adds it up', () => {
    fc.assert(
      fc.property(fc.array(sums, { maxLength: 6 }), (growths) => {
        const { packages } = packageRuns(growths);
        packages.forEach((invoice, index) => {
          const { id, client, period, revision, lines, currency, totalMicros } = invoice;
          expect({ id, client, period, revision }).toEqual({
            id: invoiceIdOf('acme', PERIOD, index + 1),
            client: 'acme',
            period: PERIOD,
            revision: index + 1,
          });
          expect(lines.length > 0).toBe(true);
          expect(meteredSums(lines).every((line) => line.currency === currency)).toBe(true);
          expect(lines.reduce((total, line) => total + line.amountMicros, 0n)).toBe(totalMicros);
          expect(new Set(meteredSums(lines).map(usageKeyOf)).size).toBe(lines.length);
        });
      }),
    );
  });

  test('calls the first lines of a currency usage, all of later runs adjustments, and credit what was given back', () => {
    fc.assert(
      fc.property(fc.array(sums, { maxLength: 6 }), (growths) => {
        const seen = new Set<string>();
        for (const run of packageRuns(growths).runs) {
          for (const { currency, lines } of run) {
            const expected = seen.has(currency) ? 'adjustment' : 'usage';
            for (const line of lines.filter(isMeteredLine)) {
              expect(line.kind).toBe(line.source === 'reversal' ? 'credit' : expected);
            }
          }
          for (const { currency } of run) seen.add(currency);
        }
      }),
    );
  });
});

test('the order of records and of earlier lines does not matter', () => {
  fc.assert(
    fc.property(sums, sums, (first, second) => {
      const { daily, packages, linesOf } = packageRuns([first]);
      foldUsage(second, daily);
      const next = packages.length + 1;
      const records = [...daily.values()];
      expect(packagesToAdd('acme', PERIOD, records.reverse(), linesOf().reverse(), next)).toEqual(
        packagesToAdd('acme', PERIOD, daily.values(), linesOf(), next),
      );
    }),
  );
});

test('late usage becomes a line of its own day in the next revision', () => {
  const sum = { client: 'acme', meter: 'sms', currency: 'EUR', source: 'postpaid' } as const;
  const one = { ...sum, events: 1, quantityMicros: 1n, amountMicros: 7n };
  const { packages } = packageRuns([
    [{ ...one, day: '2026-11-03' }],
    [
      { ...one, day: '2026-11-02' },
      { ...one, day: '2026-11-03', amountMicros: 2n },
    ],
  ]);
  expect(packages).toMatchObject([
    { revision: 1, totalMicros: 7n, lines: [{ kind: 'usage', day: '2026-11-03' }] },
    {
      revision: 2,
      totalMicros: 9n,
      lines: [
        { kind: 'adjustment', day: '2026-11-02', amountMicros: 7n },
        { kind: 'adjustment', day: '2026-11-03', amountMicros: 2n },
      ],
    },
  ]);
});

test('a line carries the head of the tree of its record, as it is now', () => {
  const sum: UsageSum = {
    ...{ client: 'acme', day: '2026-11-03', meter: 'sms', currency: 'EUR', source: 'postpaid' },
    ...{ events: 1, quantityMicros: 1n, amountMicros: 7n },
  };
  const at = (size: number): DailyRecord => ({
    ...{ ...sum, events: size, tree: { size, root: `root of ${size}` } },
  });
  const [first] = packagesToAdd('acme', PERIOD, [at(1)], [], 1);
  const [second] = packagesToAdd('acme', PERIOD, [at(3)], meteredSums(first?.lines ?? []), 2);
  expect(first?.lines).toEqual([{ kind: 'usage', ...at(1) }]);
  expect(second?.lines).toMatchObject([
    { kind: 'adjustment', events: 2, amountMicros: 0n, tree: { size: 3, root: 'root of 3' } },
  ]);
});

test('usage that costs nothing is packaged too: its quantity is billed', () => {
  fc.assert(
    fc.property(usageSums, (some) => {
      const free = some.map((sum) => ({ ...sum, client: 'acme', amountMicros: 0n }));
      const { daily, linesOf } = packageRuns([free]);
      expect(linesOf()).toHaveLength(daily.size);
    }),
  );
});

const many = (currency: string, count: number, prefix = 'm') =>
  Array.from(
    { length: count },
    (_, index): UsageSum => ({
      client: 'acme',
      day: '2026-11-03',
      meter: `${prefix}${index}`,
      currency,
      source: 'postpaid',
      events: 1,
      quantityMicros: 1n,
      amountMicros: 1n,
    }),
  );

test('a package holds at most MAX_PACKAGE_LINES; the rest continues in the next revisions', () => {
  const records = [...many('USD', 2 * MAX_PACKAGE_LINES + 1), ...many('EUR', MAX_PACKAGE_LINES)];
  const { packages } = packageRuns([records]);
  expect(packages.map(({ currency, lines }) => [currency, lines.length])).toEqual([
    ['EUR', MAX_PACKAGE_LINES],
    ['USD', MAX_PACKAGE_LINES],
    ['USD', MAX_PACKAGE_LINES],
    ['USD', 1],
  ]);
});

describe('a run that dies between two packages', () => {
  /** What the next run adds to those that were put. */
  const goOn = (daily: readonly UsageSum[], put: readonly InvoicePackage[]) =>
    packagesToAdd(
      ...(['acme', PERIOD, daily, meteredSums(put.flatMap(({ lines }) => lines))] as const),
      put.length + 1,
      { rules: PLAIN_RULES, open: [], unfinished: unfinishedCurrencies(put) },
    );
  const counts = fc.integer({ min: 0, max: 2 * MAX_PACKAGE_LINES + 2 });

  test('leaves to the next one the very packages that it had not put yet', () => {
    fc.assert(
      fc.property(counts, counts, fc.nat(), (euros, dollars, killedAt) => {
        const daily = [...many('EUR', euros), ...many('USD', dollars)];
        const whole = goOn(daily, []);
        const put = whole.slice(0, killedAt % (whole.length + 1));
        expect([...put, ...goOn(daily, put)]).toEqual(whole);
      }),
      { numRuns: 30 },
    );
  });

  test('leaves late usage of what it had billed to be an adjustment, and so is all that comes once it is done', () => {
    const first = many('EUR', MAX_PACKAGE_LINES + 1);
    const put = goOn(first, []);
    const late = { ...(first[0] as UsageSum), amountMicros: 5n };
    const kinds = (daily: readonly UsageSum[], packages: readonly InvoicePackage[]) =>
      goOn(daily, packages).flatMap(({ lines }) => lines.map(({ kind }) => kind));
    expect(kinds([...first.slice(1), late], put.slice(0, 1))).toEqual(['adjustment', 'usage']);
    expect(kinds([...first, ...many('EUR', 1, 'z')], put)).toEqual(['adjustment']);
    const full = goOn(first.slice(1), []);
    expect(full).toHaveLength(1);
    expect(kinds(first, full)).toEqual(['adjustment']);
  });

  test('is known by it also once a package of it was corrected', () => {
    const daily = many('EUR', MAX_PACKAGE_LINES + 1);
    const [first, second] = goOn(daily, []) as [InvoicePackage, InvoicePackage];
    const correction = correctedPackage(first, [], 2, PLAIN_RULES);
    expect(goOn(daily, [correction])[0]?.lines.map(({ kind }) => kind)).toEqual(['usage']);
    expect(unfinishedCurrencies([correction, second])).toEqual(new Set());
  });
});

describe('an invoice id', () => {
  const clients = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:@+~=-]{0,127}$/);
  const periods = fc
    .tuple(fc.integer({ min: 1970, max: 2999 }), fc.integer({ min: 1, max: 12 }), fc.nat(1))
    .map(([year, month, half]) => `${year}-${String(month).padStart(2, '0')}-H${half + 1}`);

  test('gives its parts back', () => {
    fc.assert(
      fc.property(
        clients,
        periods,
        fc.integer({ min: 1, max: 999_999 }),
        (client, period, revision) => {
          const id = invoiceIdOf(client, period, revision);
          expect(parseInvoiceId(id)).toEqual({ client, period, revision });
        },
      ),
    );
  });

  test.each([
    '',
    '2026-11-H1',
    '2026-11-H1.1',
    '2026-11-H1.1.',
    '2026-11-H1.0.acme',
    '2026-11-H1.01.acme',
    '2026-11-H1.1000000.acme',
    '2026-11-H3.1.acme',
    '2026-11.1.acme',
    'acme',
  ])('is not %j', (text) => expect(parseInvoiceId(text)).toBeUndefined());
});
