import { expect, test } from '@jest/globals';
import { ratios, summarize } from './statistics.ts';

test.each([
  { values: [5], median: 5, min: 5, max: 5 },
  { values: [10, 9, 100], median: 10, min: 9, max: 100 },
  { values: [4, 1, 3, 2], median: 2.5, min: 1, max: 4 },
])('$values: median $median from $min to $max', ({ values, ...summary }) => {
  expect(summarize(values)).toEqual(summary);
});

test('nothing has no median', () => {
  expect(() => summarize([])).toThrow('nothing to summarize');
});

test('ratios pair the rounds', () => {
  // The machine was twice as fast in the second round: the ratio of each round does not see it.
  expect(ratios([90, 180], [100, 200])).toEqual([0.9, 0.9]);
  expect(() => ratios([1], [1, 2])).toThrow('same rounds');
});
