import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type Answer,
  afterAnswer,
  afterRetry,
  INVOICE_STATES,
  type InvoiceState,
  isRejectionInDoubt,
  RESTING_STATES,
  type RetryPolicy,
  sameCallsAtEnd,
} from './invoice.ts';

const policy: RetryPolicy = {
  maxAttempts: 3,
  baseDelayMs: 1_000,
  maxDelayMs: 60_000,
  pollDelayMs: 5_000,
};
const taken: Answer = { type: 'taken' };
const absent: Answer = { type: 'absent' };
const lost: Answer = { type: 'no_answer', detail: 'timed out' };
const denied: Answer = { type: 'denied', detail: '401' };
const throttled: Answer = { type: 'throttled', retryAfterMs: 3_000 };
const rejected: Answer = { type: 'rejected', detail: 'no such customer' };
const refused: Answer = { type: 'refused', detail: 'total is negative' };
const accepted: Answer = { type: 'accepted' };

describe('an answer leads', () => {
  test.each([
    ['sending', taken, 1, 'submitted', 1],
    ['sending', accepted, 1, 'accepted', 1],
    ['sending', rejected, 1, 'parked', 1],
    ['sending', refused, 1, 'parked', 1],
    ['sending', throttled, 1, 'packaged', 0],
    ['sending', lost, 3, 'unknown', 3],
    ['sending', denied, 3, 'unknown', 2],
    ['sending', absent, 1, 'unknown', 1],
    ['unknown', taken, 1, 'submitted', 1],
    ['unknown', accepted, 1, 'accepted', 1],
    ['unknown', rejected, 1, 'parked', 1],
    ['unknown', refused, 1, 'unknown', 1],
    ['unknown', throttled, 1, 'unknown', 1],
    ['unknown', lost, 3, 'unknown', 3],
    ['unknown', denied, 3, 'unknown', 3],
    ['unknown', absent, 2, 'packaged', 2],
    ['unknown', absent, 3, 'parked', 3],
    ['submitted', taken, 3, 'submitted', 3],
    ['submitted', accepted, 3, 'accepted', 3],
    ['submitted', rejected, 1, 'parked', 1],
    ['submitted', throttled, 1, 'submitted', 1],
    ['submitted', lost, 3, 'submitted', 3],
    ['submitted', denied, 3, 'submitted', 3],
    ['submitted', absent, 2, 'unknown', 2],
    ['submitted', absent, 3, 'unknown', 3],
  ] as const)('from %s by %j after %i attempts to %s', (from, answer, attempts, state, left) => {
    const next = afterAnswer(from, answer, { attempts, sameCalls: 0 }, policy, 0.5);
    expect(next).toMatchObject({ state, attempts: left });
    if (state === 'parked') expect(next.parkReason).toBeDefined();
  });
});

test('polls back off by the polls before them, not by how often the invoice was sent', () => {
  const due = (sameCalls: number, attempts: number) =>
    afterAnswer('submitted', taken, { attempts, sameCalls }, policy, 1).dueInMs;
  expect([0, 1, 2, 3, 9].map((polls) => due(polls, 1))).toEqual([
    10_000, 20_000, 40_000, 60_000, 60_000,
  ]);
  expect(due(0, 3)).toBe(due(0, 1));
});

test('a pause of polls that is longer than any other is kept', () => {
  const slow = { ...policy, pollDelayMs: 1_800_000 };
  const due = (from: 'sending' | 'submitted') =>
    afterAnswer(from, taken, { attempts: 1, sameCalls: 0 }, slow, 1).dueInMs;
  expect([due('sending'), due('submitted')]).toEqual([1_800_000, 1_800_000]);
});

test('look-ups of a silent API back off by the look-ups before them', () => {
  const due = (sameCalls: number) =>
    afterAnswer('unknown', lost, { attempts: 1, sameCalls }, policy, 1).dueInMs;
  expect([0, 1, 2, 20].map(due)).toEqual([1_000, 2_000, 4_000, 60_000]);
});

test.each<Answer>([throttled, { type: 'no_answer', detail: '503', retryAfterMs: 3_600_000 }])(
  'after %j it is due soon: the budget keeps to Retry-After, which a person may end',
  (answer) => {
    const tries = { attempts: 1, sameCalls: 0 };
    expect(afterAnswer('sending', answer, tries, policy, 1).dueInMs).toBe(1_000);
  },
);

test.each([
  ['parked', 'refused_by_invoice_api', 'packaged'],
  ['parked', 'package_unreadable', 'packaged'],
  ['parked', 'attempts_exhausted', 'unknown'],
  ['parked', 'rejected_by_invoice_api', 'packaged'],
  ['parked', undefined, 'unknown'],
] as const)('a retry of %s for %s leads to %s', (state, reason, next) => {
  expect(afterRetry(state, reason)).toEqual({ state: next, dueInMs: 0, attempts: 0 });
});

test('only what is parked can be retried', () => {
  for (const state of INVOICE_STATES.filter((state) => state !== 'parked')) {
    expect(afterRetry(state, undefined)).toBeUndefined();
  }
});

test.each([
  [[], 'poll', 0],
  [['submit'], 'poll', 0],
  [['submit', 'poll', 'poll'], 'poll', 2],
  [['poll', 'submit', 'poll'], 'poll', 1],
  [['look_up', 'look_up'], 'look_up', 2],
])('%j ends with %s × %i', (calls, call, count) => {
  expect(
    sameCallsAtEnd(
      calls.map((each) => ({ call: each })),
      call,
    ),
  ).toBe(count);
});

test.each([
  ['submit rejected', false],
  ['submit taken, poll rejected', false],
  ['submit no_answer, look_up rejected', false],
  ['submit taken, poll rejected, retry packaged, submit rejected', false],
  ['submit taken, poll rejected, retry packaged, submit no_answer, look_up rejected', true],
  ['submit rejected, retry packaged, submit denied, look_up rejected', true],
  ['submit rejected, retry packaged, submit no_answer, look_up absent, submit rejected', false],
])('after %s the rejection is in doubt: %s', (calls, isInDoubt) => {
  const history = calls.split(', ').map((text) => {
    const [call = '', answer = ''] = text.split(' ');
    return { call, answer };
  });
  expect(isRejectionInDoubt(history)).toBe(isInDoubt);
});

const answers = fc.oneof(
  fc.constantFrom<Answer>(taken, accepted, absent, lost, denied, rejected, refused),
  fc.record({ type: fc.constant('throttled' as const), retryAfterMs: fc.nat(3_600_000) }),
);

/** What one life looks like from outside: the submissions, and what was learnt between them. */
function live(steps: readonly { answer: Answer; random: number; asksForRetry: boolean }[]) {
  let state: InvoiceState = 'packaged';
  let reason: string | undefined;
  let [attempts, sameCalls] = [0, 0];
  const seen: { call: InvoiceState; answer: Answer; attempts: number; dueInMs: number }[] = [];
  for (const { answer, random, asksForRetry } of steps) {
    if (RESTING_STATES.includes(state)) {
      const retry = asksForRetry ? afterRetry(state, reason) : undefined;
      if (!retry) continue;
      [state, attempts, sameCalls] = [retry.state, retry.attempts, 0];
    }
    const call = state === 'packaged' ? 'sending' : (state as 'sending' | 'unknown' | 'submitted');
    if (call === 'sending') attempts += 1;
    const next = afterAnswer(call, answer, { attempts, sameCalls }, policy, random);
    sameCalls = next.state === call ? sameCalls + 1 : 0;
    [state, reason, attempts] = [next.state, next.parkReason, next.attempts];
    seen.push({ call, answer, attempts, dueInMs: next.dueInMs });
  }
  return seen;
}

const lives = fc.array(
  fc.record({
    answer: answers,
    random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    asksForRetry: fc.boolean(),
  }),
  { maxLength: 60 },
);

const DECLINED = ['throttled', 'refused', 'rejected'];

describe('whatever the API answers', () => {
  test('nothing is submitted again before it is known that it was not taken', () => {
    fc.assert(
      fc.property(lives, (steps) => {
        let mayBeTaken = false;
        for (const { call, answer } of live(steps)) {
          if (call === 'sending') {
            expect(mayBeTaken).toBe(false);
            mayBeTaken = !DECLINED.includes(answer.type);
          } else if (answer.type === 'absent' || answer.type === 'rejected') {
            mayBeTaken = false;
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('attempts and waits stay within their bounds', () => {
    fc.assert(
      fc.property(lives, (steps) => {
        for (const { attempts, dueInMs } of live(steps)) {
          expect(attempts).toBeGreaterThanOrEqual(0);
          expect(attempts).toBeLessThanOrEqual(policy.maxAttempts);
          expect(dueInMs).toBeGreaterThanOrEqual(0);
          expect(dueInMs).toBeLessThanOrEqual(3_600_000);
        }
      }),
    );
  });
});
