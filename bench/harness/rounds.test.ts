import { expect, test } from '@jest/globals';
import { inRounds } from './rounds.ts';

const cases = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

async function orders(seed: number): Promise<string[]> {
  const rounds: string[] = [];
  await inRounds(cases, { rounds: 3, seed }, async (measured, round) => {
    rounds[round] = (rounds[round] ?? '') + measured;
  });
  return rounds;
}

test('every round has every case once, in another order', async () => {
  const rounds = await orders(7);
  expect(rounds).toHaveLength(3);
  for (const round of rounds) expect([...round].sort()).toEqual(cases);
  expect(new Set(rounds).size).toBe(3);
});

test('the results come in the order of the cases and of the rounds', async () => {
  const results = await inRounds(
    cases,
    { rounds: 2, seed: 7 },
    async (name, round) => name + round,
  );
  expect(results).toEqual(cases.map((name) => [`${name}0`, `${name}1`]));
});

test('a seed gives the same orders again, another seed others', async () => {
  expect(await orders(7)).toEqual(await orders(7));
  expect(await orders(8)).not.toEqual(await orders(7));
});
