import { expect, test } from '@jest/globals';
import { errorsOf, largest } from './errors.ts';

test('errors are shares of the whole time', () => {
  const told = [
    { atMs: 1_000, doneAtMs: 2_500, doneShare: 0.1 },
    { atMs: 1_500, doneAtMs: 1_900, doneShare: 0.5 },
  ];
  const errors = errorsOf({ startedAtMs: 0, endedAtMs: 2_000, told });
  expect(errors).toEqual([0.25, -0.05]);
  expect(largest(errors)).toBe(0.25);
});

test('without a forecast there is nothing to measure', () => {
  expect(largest([])).toBeUndefined();
});
