import { expect, test } from '@jest/globals';
import type { RetriesAnswer, RetriesBody } from '#shared/contracts/invoices.ts';
import { retryInRounds, type Tally, totalOf } from './retry-rounds.ts';

const round = (submit: number, lookUp: number, nextCursor?: string): RetriesAnswer => ({
  submit,
  lookUp,
  byReason: { refused_by_invoice_api: submit, attempts_exhausted: lookUp },
  left: [],
  ...(nextCursor !== undefined && { nextCursor }),
});

function answering(answers: readonly RetriesAnswer[]) {
  const bodies: RetriesBody[] = [];
  return {
    bodies,
    send: async (body: RetriesBody) => {
      bodies.push(body);
      return answers[bodies.length - 1] as RetriesAnswer;
    },
  };
}

test('all that match are taken up round by round, and added up', async () => {
  const { bodies, send } = answering([round(100, 0, 'a'), round(0, 0, 'b'), round(20, 3)]);
  const tallies = await Array.fromAsync(
    retryInRounds(send, { filter: { period: '2026-11-H1' } }, false),
  );
  expect(bodies).toEqual([
    { filter: { period: '2026-11-H1' }, dryRun: false },
    { filter: { period: '2026-11-H1' }, dryRun: false, cursor: 'a' },
    { filter: { period: '2026-11-H1' }, dryRun: false, cursor: 'b' },
  ]);
  expect(tallies.map(totalOf)).toEqual([100, 100, 123]);
  expect(tallies.at(-1)?.byReason).toEqual({ refused_by_invoice_api: 120, attempts_exhausted: 3 });
});

test('ids go in rounds of as many as the API takes', async () => {
  const ids = Array.from({ length: 230 }, (_, index) => `invoice-${index}`);
  const { bodies, send } = answering([round(100, 0), round(100, 0), round(29, 1)]);
  const tallies = await Array.fromAsync(retryInRounds(send, { ids }, true));
  expect(bodies.map((body) => body.ids?.length)).toEqual([100, 100, 30]);
  expect(bodies.flatMap((body) => body.ids)).toEqual(ids);
  expect(bodies.every(({ dryRun }) => dryRun)).toBe(true);
  expect(totalOf(tallies.at(-1) as Tally)).toBe(230);
});

test('an error ends it, and what was told before stays', async () => {
  const tallies: Tally[] = [];
  const { send } = answering([round(100, 0, 'a')]);
  const failing = (body: RetriesBody) =>
    body.cursor === 'a' ? Promise.reject(new Error('503')) : send(body);
  await expect(async () => {
    for await (const tally of retryInRounds(failing, { filter: {} }, false)) tallies.push(tally);
  }).rejects.toThrow('503');
  expect(tallies.map(totalOf)).toEqual([100]);
});
