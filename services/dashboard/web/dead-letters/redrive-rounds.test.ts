import { expect, test } from '@jest/globals';
import { redriveInRounds } from './redrive-rounds.ts';

function answering(rounds: readonly number[]) {
  let asked = 0;
  const send = async () => ({ redriven: rounds[asked++] ?? 0 });
  return { send, asked: () => asked };
}

test.each([
  ['as many are sent as there were', 700, [300, 300, 100, 50], [300, 600, 700], 3],
  ['more came meanwhile', 310, [300, 20, 20], [300, 320], 2],
  ['the rest is hidden', 1_000, [300, 0, 300], [300, 300], 2],
  ['all are hidden', 3, [0, 3], [0], 1],
])('rounds end where %s', async (_, count, answers, told, rounds) => {
  const { send, asked } = answering(answers);
  expect(await Array.fromAsync(redriveInRounds(send, count))).toEqual(told);
  expect(asked()).toBe(rounds);
});

test('an error ends them, and what was told before stays', async () => {
  const told: number[] = [];
  const send = async () => {
    if (told.length > 0) throw new Error('503');
    return { redriven: 300 };
  };
  await expect(async () => {
    for await (const sent of redriveInRounds(send, 1_000)) told.push(sent);
  }).rejects.toThrow('503');
  expect(told).toEqual([300]);
});
