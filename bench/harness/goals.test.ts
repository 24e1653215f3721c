import { expect, test } from '@jest/globals';
import { formatGoals, type Goal, isReached } from './goals.ts';

const goal: Goal = { goal: 'a / b', bound: '>=', limit: 0.9, measured: 0.9, where: 'off' };

test.each([
  { ...goal, reached: true },
  { ...goal, measured: 0.899, reached: false },
  { ...goal, bound: '<=' as const, measured: 1.1, reached: false },
  { ...goal, bound: '<=' as const, measured: 0.5, reached: true },
  { ...goal, measured: undefined, reached: undefined },
])('$measured $bound $limit: $reached', ({ reached, ...tried }) => {
  expect(isReached(tried)).toBe(reached);
});

test('a missed goal stands out, and what was not measured is not called reached', () => {
  const text = formatGoals([
    goal,
    { ...goal, measured: 0.5 },
    { ...goal, measured: undefined, where: 'memcached is missing' },
  ]);
  expect(text).toMatch(/0\.90 +reached/);
  expect(text).toMatch(/0\.50 +MISSED/);
  expect(text).toMatch(/- +not measured +memcached is missing/);
});
