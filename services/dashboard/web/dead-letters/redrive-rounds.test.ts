import { expect, test } from '@jest/globals';
import { redriveRounds } from './redrive-rounds.ts';

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
  const redrive = redriveRounds(send, count);
  const sent: number[] = [];
  while (!redrive.isDone()) sent.push(await redrive.next());
  expect(sent).toEqual(told);
  expect(asked()).toBe(rounds);
});

test('what fails is gone on with, and what was sent before counts', async () => {
  let calls = 0;
  const redrive = redriveRounds(async () => {
    calls += 1;
    if (calls === 2) throw new Error('503');
    return { redriven: 300 };
  }, 600);
  expect(await redrive.next()).toBe(300);
  await expect(redrive.next()).rejects.toThrow('503');
  expect(redrive.isDone()).toBe(false);
  expect(await redrive.next()).toBe(600);
  expect(redrive.isDone()).toBe(true);
});
