import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Requests, requestsToCome } from './requests-left.ts';

const requestsLeftBy = (all: readonly Requests[]) => requestsToCome(all).left;

const of = (made: number, isDone: boolean) => ({ made, isDone });

test('of many that are all done it is their mean', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (counts) => {
      const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
      expect(requestsLeftBy(counts.map((count) => of(count, true)))(0)).toBeCloseTo(mean, 8);
    }),
  );
});

test('what is not done counts for what it has taken', () => {
  // Of four, two are done after two; of the two that go on, one is done after four.
  const all = [of(2, true), of(2, true), of(3, false), of(4, true)];
  expect(requestsLeftBy(all)(0)).toBeCloseTo(2 + 0.5 * 2);
  expect(requestsLeftBy(all)(2)).toBeCloseTo(2);
  expect(requestsLeftBy(all)(3)).toBe(1);
});

test('one is left of what had more than any, and where nothing is known', () => {
  expect(requestsLeftBy([of(2, true)])(9)).toBe(1);
  expect(requestsLeftBy([])(0)).toBe(1);
});

test('the share that went on of late counts beside that of all', () => {
  const many = <T>(count: number, one: T) => Array.from({ length: count }, () => one);
  const all = [...many(200, of(2, true)), ...many(200, of(3, true))];
  const leftWith = (more: readonly Requests[]) => requestsLeftBy([...all, ...more])(0);
  const differs = (one: Requests) =>
    leftWith(many(100, { ...one, madeEarlier: 0 })) - leftWith(many(100, one));
  expect(differs(of(2, true))).toBeLessThan(-0.1);
  expect(differs(of(3, true))).toBeGreaterThan(0.1);
  // Its second request was made earlier: what is of late is that the third was the last.
  const third = { ...of(3, true), madeEarlier: 2 };
  expect(leftWith(many(100, third))).toBe(leftWith(many(100, of(3, true))));
});

test('of what had so many requests, the share that was not done with them goes on; of few, less', () => {
  const many = <T>(count: number, one: T) => Array.from({ length: count }, () => one);
  const all = [...many(3_000, of(2, true)), ...many(900, of(3, true)), ...many(100, of(3, false))];
  const { goesOn } = requestsToCome([...all, of(4, false)]);
  expect(goesOn(1)).toBeCloseTo(1, 2);
  expect(goesOn(2)).toBeCloseTo(0.25, 2);
  expect(goesOn(3)).toBeCloseTo(0.1, 2);
  expect([4, 9].map(goesOn)).toEqual([0.25, 0]);
});
