import { describe, expect, test } from '@jest/globals';
import {
  formatAgo,
  formatClock,
  formatDuration,
  formatIn,
  formatPeriod,
  formatTime,
} from './times.ts';

const NOW_MS = Date.parse('2026-11-16T12:00:00Z');
const at = (text: string) => Date.parse(text);

describe('a time', () => {
  test.each([
    ['2026-11-16T09:05:07Z', 'UTC', '09:05:07'],
    ['2026-11-15T23:59:59Z', 'UTC', '15 Nov, 23:59:59'],
    // Another day in Berlin, where it is after midnight already.
    ['2026-11-15T23:59:59Z', 'Europe/Berlin', '00:59:59'],
    ['2025-12-31T10:00:00Z', 'UTC', '31 Dec 2025, 10:00:00'],
  ])('%s in %s is %s', (time, zone, shown) => {
    expect(formatTime(at(time), NOW_MS, zone)).toBe(shown);
  });

  test('that is none', () => {
    expect(formatTime(Number.NaN, NOW_MS)).toBe('–');
  });

  test('to the minute', () => {
    expect(formatClock(at('2026-11-16T14:32:59Z'), NOW_MS, 'UTC')).toBe('14:32');
    expect(formatClock(at('2026-11-17T04:32:59Z'), NOW_MS, 'UTC')).toBe('17 Nov, 04:32');
  });
});

test.each([
  [-5, '0 ms'],
  [850, '850 ms'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [25 * 60_000 + 59_000, '25 min'],
  [3_600_000, '1 h'],
  [3_600_000 + 20 * 60_000, '1 h 20 min'],
  [49 * 3_600_000, '2 d 1 h'],
])('%i ms are %s', (durationMs, shown) => {
  expect(formatDuration(durationMs)).toBe(shown);
});

test('what is about to be or has just been', () => {
  expect([formatAgo(300), formatAgo(3_400), formatIn(300), formatIn(61_000)]).toEqual([
    'just now',
    '3 s ago',
    'now',
    'in 1 min',
  ]);
});

test.each([
  ['2026-11-H1', '1–15 Nov 2026'],
  ['2026-11-H2', '16–30 Nov 2026'],
  ['2028-02-H2', '16–29 Feb 2028'],
  ['2026-02-H2', '16–28 Feb 2026'],
  ['2026-12-H2', '16–31 Dec 2026'],
  ['of late', 'of late'],
])('%s is %s', (period, shown) => {
  expect(formatPeriod(period)).toBe(shown);
});
