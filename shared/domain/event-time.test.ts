import { describe, expect, test } from '@jest/globals';
import { FUTURE_TOLERANCE_MS, isRecordable } from './event-time.ts';

const NOW_MS = Date.parse('2026-11-21T12:00:00Z');
const DAY_MS = 86_400_000;

describe('an event of at most two days', () => {
  test.each([
    ['now', 0, true],
    ['as old as it may be', -2 * DAY_MS, true],
    ['a millisecond older', -2 * DAY_MS - 1, false],
    ['as far ahead as clocks differ', FUTURE_TOLERANCE_MS, true],
    ['a millisecond further', FUTURE_TOLERANCE_MS + 1, false],
    ['never', Number.NaN, false],
  ])('%s', (_name, fromNowMs, isSo) => {
    expect(isRecordable(NOW_MS + fromNowMs, NOW_MS, 2)).toBe(isSo);
  });
});
