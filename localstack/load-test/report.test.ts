import { describe, expect, test } from '@jest/globals';
import type { Outcome } from './check.ts';
import { planLoad } from './plan.ts';
import { describeReport, reportOf } from './report.ts';
import type { Exchange } from './send.ts';

const PLAN = planLoad({
  seed: 1,
  charges: 100,
  accounts: 5,
  runId: 'run',
  newId: () => 'id',
});

/** Two callers: their first requests take a second each, the others ten milliseconds. */
const EXCHANGES: readonly Exchange[] = PLAN.requests.map((charge, index) => {
  const sentAtMs = index < 2 ? 0 : 1_000 + index * 5;
  const atMs = sentAtMs + (index < 2 ? 1_000 : 10);
  return { charge, sentAtMs, answer: { atMs, status: 200, body: '' } };
});

const EXACT: Outcome = {
  authorized: 90,
  refused: 10,
  unknown: 0,
  isExact: true,
  checks: [{ name: 'refusals are true', checked: 1_234, wrong: 0 }],
};
const LOAD = { plan: PLAN, callers: 2, settings: { SEED: 1 }, exchanges: EXCHANGES, again: [] };

describe('the report of a load', () => {
  test('has the latency of all requests, and that without the first of each caller', () => {
    const report = reportOf(LOAD, EXACT);
    expect(report.latencyMs).toMatchObject({ p50: 10, max: 1_000 });
    expect(report.warmLatencyMs).toMatchObject({ p50: 10, max: 10 });
    expect(report.histogram[0]).toEqual({ fromMs: 10, toMs: 15, count: PLAN.requests.length - 2 });
  });

  test('has the rate from the first request to the last answer', () => {
    const report = reportOf(LOAD, EXACT);
    const seconds = (1_000 + (PLAN.requests.length - 1) * 5 + 10) / 1_000;
    expect(report.seconds).toBeCloseTo(seconds, 9);
    expect(report.requestsPerSecond).toBeCloseTo(PLAN.requests.length / seconds, 9);
    expect(report.repeats).toBe(PLAN.requests.length - 100);
  });

  test('counts errors, and times no request without an answer', () => {
    const [lost, busy, ...others] = EXCHANGES as [Exchange, Exchange, ...Exchange[]];
    const exchanges = [
      { charge: lost.charge, sentAtMs: 0 },
      { ...busy, answer: { atMs: 1, status: 503, body: '' } },
      ...others,
    ];
    const report = reportOf({ ...LOAD, exchanges, again: [lost, busy] }, EXACT);
    expect(report).toMatchObject({ noAnswer: 1, failed: 1, sentAgain: 2 });
    expect(describeReport(report).join('\n')).toContain(
      'errors    1 without an answer, 1 with 429 or 5xx; 2 requests were sent again for them',
    );
  });

  test('says exact only where it is', () => {
    const lines = describeReport(reportOf(LOAD, EXACT));
    expect(lines).toContain('✔ refusals are true: 1,234');
    expect(lines.at(-1)).toBe(
      'EXACT: every balance is what 90 authorized charges left of it, to the micro-unit.',
    );
    const wrong = {
      ...EXACT,
      isExact: false,
      checks: [{ name: 'refusals are true', checked: 1_234, wrong: 2, first: 'id-1 was refused' }],
    };
    const wrongLines = describeReport(reportOf(LOAD, wrong));
    expect(wrongLines).toContain('✘ refusals are true: not so for 2 of 1,234');
    expect(wrongLines.join('\n')).toContain('NOT EXACT (SEED=1)');
    expect(wrongLines.join('\n')).not.toContain('EXACT:');
    expect(wrongLines.at(-1)).toContain('id-1 was refused');
  });

  test('stands without a single answer', () => {
    const exchanges = PLAN.requests.map((charge) => ({ charge, sentAtMs: 0 }));
    const report = reportOf({ ...LOAD, exchanges }, { ...EXACT, isExact: false });
    expect(report).toMatchObject({ requestsPerSecond: 0, seconds: 0, histogram: [] });
    expect(describeReport(report)[0]).toContain('0 a second');
  });
});
