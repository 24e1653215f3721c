import { expect, test } from '@jest/globals';
import { timeAxis } from './time-axis.ts';

const at = (text: string) => Date.parse(text);
const HOUR_MS = 3_600_000;

test.each([
  ['some minutes', '2026-11-16T02:00:10Z', '2026-11-16T02:07:40Z', 0, '02:01', '02:02', 7],
  ['39 minutes', '2026-11-16T02:01:00Z', '2026-11-16T02:40:00Z', 0, '02:05', '02:10', 8],
  ['a night', '2026-11-16T02:00:00Z', '2026-11-16T09:00:00Z', 0, '02:00', '03:00', 8],
  [
    'up to a retry two days later',
    '2026-11-16T02:00:00Z',
    '2026-11-18T10:00:00Z',
    0,
    '12:00',
    '00:00',
    4,
  ],
  [
    'the same in Berlin',
    '2026-11-16T02:00:00Z',
    '2026-11-18T10:00:00Z',
    -HOUR_MS,
    '11:00',
    '23:00',
    4,
  ],
])('%s have ticks at times that people say', (_, first, last, behindUtcMs, one, two, count) => {
  const { min, max, ticks } = timeAxis([at(first), at(last)], behindUtcMs);
  expect([min, max]).toEqual([at(first), at(last)]);
  const clocks = ticks.map((ms) => new Date(ms).toISOString().slice(11, 16));
  expect(clocks.slice(0, 2)).toEqual([one, two]);
  expect(ticks).toHaveLength(count);
});

test('a single time is at the end of a minute, and years have few ticks', () => {
  const max = at('2026-11-16T02:00:10Z');
  expect(timeAxis([max], 0)).toMatchObject({ min: max - 60_000, max });
  expect(timeAxis([at('2016-11-16T02:00:00Z'), max], 0).ticks.length).toBeLessThanOrEqual(9);
});
