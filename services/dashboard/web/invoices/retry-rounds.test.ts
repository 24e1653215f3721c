import { expect, test } from '@jest/globals';
import type { RetriesAnswer, RetriesBody } from '#shared/contracts/invoices.ts';
import type { Rounds } from '../parts/rounds.ts';
import { type Retried, retryRounds, type Tally, totalOf } from './retry-rounds.ts';

const IDS = Array.from({ length: 130 }, (_, index) => `invoice-${index}`);

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

async function allOf(rounds: Rounds<Tally>): Promise<Tally[]> {
  const tallies: Tally[] = [];
  while (!rounds.isDone()) tallies.push(await rounds.next());
  return tallies;
}

test('all that match are taken up round by round, and added up', async () => {
  const { bodies, send } = answering([round(100, 0, 'a'), round(0, 0, 'b'), round(20, 3)]);
  const tallies = await allOf(retryRounds(send, { filter: { period: '2026-11-H1' } }, false));
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
  const tallies = await allOf(retryRounds(send, { ids }, true));
  expect(bodies.map((body) => body.ids?.length)).toEqual([100, 100, 30]);
  expect(bodies.flatMap((body) => body.ids)).toEqual(ids);
  expect(bodies.every(({ dryRun }) => dryRun)).toBe(true);
  expect(totalOf(tallies.at(-1) as Tally)).toBe(230);
});

test.each<[string, Retried, RetriesBody]>([
  ['of a filter', { filter: {} }, { filter: {}, dryRun: false, cursor: 'a' }],
  ['of ids', { ids: IDS }, { ids: IDS.slice(100), dryRun: false }],
])(
  'a round %s that fails is the next one again, and what was done before counts',
  async (_, retried, again) => {
    const { bodies, send } = answering([round(100, 0, 'a'), round(0, 0), round(30, 0)]);
    const failing = (body: RetriesBody) => {
      const answer = send(body);
      return bodies.length === 2 ? Promise.reject(new Error('503')) : answer;
    };
    const rounds = retryRounds(failing, retried, false);
    expect(totalOf(await rounds.next())).toBe(100);
    await expect(rounds.next()).rejects.toThrow('503');
    expect(totalOf(await rounds.next())).toBe(130);
    expect(bodies.slice(1)).toEqual([again, again]);
    expect(rounds.isDone()).toBe(true);
  },
);
