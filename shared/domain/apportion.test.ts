import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { apportion, roundHalfUp } from './apportion.ts';

const amounts = fc.array(
  fc.oneof(
    fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }),
    // Near steps and halves of them.
    fc
      .tuple(fc.integer({ min: -50, max: 50 }), fc.constantFrom(-1n, 0n, 1n))
      .map(([halves, by]) => BigInt(halves) * 5_000n + by),
  ),
  { maxLength: 40 },
);
const steps = fc.constantFrom(1n, 100n, 1_000n, 10_000n, 1_000_000n);
const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);

describe('a split', () => {
  test('sums up to the rounded total, each part less than a step off', () => {
    fc.assert(
      fc.property(amounts, steps, (list, step) => {
        const parts = apportion(list, step);
        expect(sum(parts)).toBe(roundHalfUp(sum(list), step));
        for (const [index, part] of parts.entries()) {
          const off = part * step - (list[index] as bigint);
          expect(off > -step && off < step).toBe(true);
        }
      }),
    );
  });

  test('leaves whole steps as they are', () => {
    fc.assert(
      fc.property(amounts, steps, (list, step) => {
        const whole = list.map((micros) => micros * step);
        expect(apportion(whole, step)).toEqual(list);
        const parts = apportion([...whole, ...list], step);
        expect(parts.slice(0, list.length)).toEqual(list);
      }),
    );
  });

  test('gives more to what is more, and depends on the order of equals only', () => {
    fc.assert(
      fc.property(
        amounts.chain((list) =>
          fc.tuple(
            fc.constant(list),
            fc.shuffledSubarray([...list.keys()], { minLength: list.length }),
          ),
        ),
        steps,
        ([list, order], step) => {
          const parts = apportion(list, step);
          const shuffled = apportion(
            order.map((index) => list[index] as bigint),
            step,
          );
          const sorted = (values: readonly bigint[]) =>
            [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
          for (const [index, part] of parts.entries()) {
            for (const [other, otherPart] of parts.entries()) {
              // One that lies a step higher never gets less.
              if ((list[index] as bigint) - (list[other] as bigint) < step) continue;
              expect(part >= otherPart).toBe(true);
            }
          }
          expect(sum(shuffled)).toBe(sum(parts));
          if (new Set(list).size === list.length) {
            const offs = list.map((micros) => ((micros % step) + step) % step);
            if (new Set(offs).size === offs.length) {
              expect(sorted(shuffled)).toEqual(sorted(parts));
            }
          }
        },
      ),
    );
  });

  test.each<[bigint[], bigint[]]>([
    [[], []],
    [
      [3_333n, 3_333n, 3_334n],
      [0n, 0n, 1n],
    ],
    [
      [5_000n, 5_000n, 5_000n],
      [1n, 1n, 0n],
    ],
    [
      [-5_000n, -1n],
      [-1n, 0n],
    ],
    [
      [-15_000n, 5_000n],
      [-1n, 0n],
    ],
  ])('of %j is %j', (list, parts) => expect(apportion(list, 10_000n)).toEqual(parts));
});

test('halves go up', () => {
  const rounded = [-15_000n, -14_999n, -5_001n, -5_000n, 4_999n, 5_000n, 15_000n];
  expect(rounded.map((micros) => roundHalfUp(micros, 10_000n))).toEqual([
    ...[-1n, -1n, -1n, 0n, 0n, 1n, 2n],
  ]);
});
