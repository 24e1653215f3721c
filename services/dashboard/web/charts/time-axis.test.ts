import { expect, test } from '@jest/globals';
import { timeAxis } from './time-axis.ts';

const at = (text: string) => Date.parse(text);
const MINUTE_MS = 60_000;

test.each([
  ['a run of some minutes', '2026-11-16T02:00:10Z', '2026-11-16T02:07:40Z', 1],
  ['a night', '2026-11-16T02:00:00Z', '2026-11-16T09:00:00Z', 60],
  ['a retry two days later', '2026-11-16T02:00:00Z', '2026-11-18T10:00:00Z', 12 * 60],
  ['a year', '2025-11-16T02:00:00Z', '2026-11-16T02:00:00Z', 56 * 24 * 60],
])('%s is divided in steps that people say', (_, first, last, minutes) => {
  expect(timeAxis([at(first), at(last)])).toEqual({
    min: at(first),
    max: at(last),
    stepMs: minutes * MINUTE_MS,
  });
});

test('a single time is at the end of a minute', () => {
  const max = at('2026-11-16T02:00:10Z');
  expect(timeAxis([max])).toEqual({ min: max - MINUTE_MS, max, stepMs: MINUTE_MS });
});
