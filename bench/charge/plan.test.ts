import { expect, test } from '@jest/globals';
import { timingFrom } from './plan.ts';

test.each([
  { env: { SEED: '7' }, timing: { rounds: 5, forMs: 150, seed: 7 } },
  { env: { SEED: '7', QUICK: '1' }, timing: { rounds: 2, forMs: 40, seed: 7 } },
  {
    env: { SEED: '0', QUICK: '1', ROUNDS: '9', MS: '300' },
    timing: { rounds: 9, forMs: 300, seed: 0 },
  },
  { env: { SEED: '7', ROUNDS: '', MS: '' }, timing: { rounds: 5, forMs: 150, seed: 7 } },
])('$env', ({ env, timing }) => {
  expect(timingFrom(env)).toEqual(timing);
});

test('without a seed one is made, so that it can be printed', () => {
  expect(timingFrom({}).seed).toBeGreaterThanOrEqual(0);
});

test.each([{ ROUNDS: '0' }, { ROUNDS: 'many' }, { MS: '-1' }])('%j is refused', (env) => {
  expect(() => timingFrom(env)).toThrow('must be a whole number');
});
