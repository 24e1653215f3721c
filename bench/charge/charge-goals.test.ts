import { expect, test } from '@jest/globals';
import { judge } from './charge-goals.ts';

function cell(contender: string, callers: number, perSecond: readonly number[]) {
  return { contender, workload: 'one hot account', callers, perSecond, lost: 0, retries: 0 };
}

const cells = [
  cell('ours', 1, [95, 190, 95]),
  cell('theirs', 1, [100, 200, 100]),
  cell('ours', 16, [80, 80, 300]),
  cell('theirs', 16, [100, 100, 100]),
];

test('the worst case counts, by the median of its rounds', () => {
  expect(judge({ of: 'ours', to: 'theirs', limit: 0.9 }, { appendOnly: 'off', cells })).toEqual({
    goal: 'ours / theirs',
    bound: '>=',
    limit: 0.9,
    measured: 0.8,
    where: 'append-only off; worst of 2: one hot account, callers: 16',
  });
});

test('a goal for one number of callers looks at no other', () => {
  const goal = judge(
    { of: 'ours', to: 'theirs', limit: 0.9, callers: 1 },
    { appendOnly: 'off', cells },
  );
  expect(goal).toMatchObject({ measured: 0.95 });
});

test('a rival that did not take part leaves a goal open', () => {
  const goal = judge({ of: 'ours', to: 'nobody', limit: 2 }, { appendOnly: 'always', cells });
  expect(goal.measured).toBeUndefined();
});
