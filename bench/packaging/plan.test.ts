import { expect, test } from '@jest/globals';
import { planFrom } from './plan.ts';

test('the sizes of the runs can be chosen', () => {
  expect(planFrom({}).runs).toEqual([1_000, 10_000, 100_000]);
  expect(planFrom({ QUICK: '1' }).runs).toEqual([200, 1_000]);
  expect(planFrom({ SIZES: '500,2000', SHARDS: '32' })).toMatchObject({
    runs: [500, 2_000],
    shards: 32,
  });
});

test.each([{ SIZES: '500;2000' }, { SIZES: '0' }, { ROUNDS: 'five' }, { SHARDS: '-1' }])(
  '%j is refused',
  (env) => {
    expect(() => planFrom(env)).toThrow('must be a whole number');
  },
);
