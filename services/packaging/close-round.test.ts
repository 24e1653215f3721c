import { expect, test } from '@jest/globals';
import { MAX_ROUNDS } from './chunk-size.ts';
import { closeRound, MAX_FAILED_ROUNDS } from './close-round.ts';
import { chunkReport, RUN_START as START } from './testing/run-state.ts';

const PLAN = { requests: 257, readUnits: 300, writeUnits: 0 };
const GOOD = chunkReport({
  clients: 50,
  packages: 61,
  requests: 204,
  writeUnits: 600,
  chunkMs: 800,
});
const SLOW = chunkReport({ clients: 7, packages: 7, hasLeft: true, chunkMs: 135_000 });
const FAILED = { ...chunkReport(), failed: true };

test.each([
  ['nothing to do', START, false, [], 'done'],
  ['all packaged', START, false, [GOOD, GOOD], 'done'],
  ['more to plan', START, true, [GOOD], 'plan'],
  ['a chunk ran out of time', START, false, [GOOD, SLOW], 'plan'],
  ['one ran out of time, one failed', START, false, [SLOW, FAILED], 'wait'],
  ['no end to it', { ...START, rounds: MAX_ROUNDS - 1 }, false, [SLOW], 'fail'],
  ['a chunk failed', START, false, [GOOD, FAILED], 'wait'],
  ['a chunk failed and there is more', START, true, [GOOD, FAILED], 'wait'],
  ['it failed too often', { ...START, rounds: MAX_FAILED_ROUNDS - 1 }, false, [FAILED], 'fail'],
  [
    'it goes on failing, and others are still to be planned',
    { ...START, rounds: MAX_FAILED_ROUNDS - 1 },
    true,
    [GOOD, FAILED],
    'wait',
  ],
  [
    'it goes on failing and nobody is packaged any more',
    { ...START, rounds: MAX_FAILED_ROUNDS - 1 },
    true,
    [FAILED],
    'fail',
  ],
  ['it failed at first only', { ...START, rounds: 2, failures: 1 }, false, [GOOD], 'done'],
  ['too many rounds', { ...START, rounds: MAX_ROUNDS - 1 }, true, [GOOD], 'fail'],
])('%s', (_name, run, hasMore, results, next) => {
  expect(closeRound({ run, plan: { ...PLAN, hasMore }, results })).toMatchObject({
    next,
    rounds: run.rounds + 1,
  });
});

test('a run adds up over its rounds', () => {
  const { next: _, ...first } = closeRound({
    run: START,
    plan: { ...PLAN, hasMore: true },
    results: [GOOD],
  });
  const second = closeRound({
    run: first,
    plan: { ...PLAN, hasMore: false },
    results: [GOOD, FAILED],
  });
  expect(second).toMatchObject({
    rounds: 2,
    clients: 100,
    packages: 122,
    failures: 1,
    requests: 408 + 2 * 257,
    readUnits: 600,
    writeUnits: 1_200,
    longestChunkMs: 800,
  });
});
