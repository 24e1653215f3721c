import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  addDays,
  dayOf,
  daysOf,
  halfMonthOf,
  isHalfMonth,
  previousHalfMonth,
} from './billing-period.ts';

const ZONES = [
  'UTC',
  'America/New_York',
  'Europe/Berlin',
  'Pacific/Apia',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
];
const days = fc.integer({ min: -20_000, max: 40_000 }).map((count) => addDays('2000-01-01', count));
const instants = fc.integer({
  min: Date.parse('1970-01-01T00:00:00Z'),
  max: Date.parse('2100-01-01T00:00:00Z'),
});

const nextHalfMonth = (period: string) => halfMonthOf(daysOf(period).end);

describe('a half month', () => {
  test.each([
    ['2026-11-H1', '2026-11-01', '2026-11-16'],
    ['2026-11-H2', '2026-11-16', '2026-12-01'],
    ['2026-12-H2', '2026-12-16', '2027-01-01'],
    ['2026-02-H2', '2026-02-16', '2026-03-01'],
    ['2024-02-H2', '2024-02-16', '2024-03-01'],
    ['2100-02-H2', '2100-02-16', '2100-03-01'],
  ])('%s runs from %s to before %s', (period, start, end) => {
    expect(daysOf(period)).toEqual({ start, end });
    expect([halfMonthOf(start), halfMonthOf(addDays(end, -1))]).toEqual([period, period]);
  });

  test.each([
    '',
    '2026-11',
    '2026-11-H3',
    '2026-13-H1',
    '2026-00-H1',
    '2026-1-H1',
    ' 2026-11-H1',
    '2026-11-H1\n',
  ])('is not %j', (text) => {
    expect(isHalfMonth(text)).toBe(false);
    expect(() => daysOf(text)).toThrow(RangeError);
  });

  test('holds the days that fall into it, and no others', () => {
    fc.assert(
      fc.property(days, (day) => {
        const { start, end } = daysOf(halfMonthOf(day));
        expect(start <= day && day < end).toBe(true);
        expect(halfMonthOf(addDays(start, -1))).not.toBe(halfMonthOf(day));
        expect(halfMonthOf(end)).not.toBe(halfMonthOf(day));
      }),
    );
  });

  test('ends where the next one starts, with 13 to 16 days, over 180 years', () => {
    for (let period = '1950-01-H1'; period < '2130'; period = nextHalfMonth(period)) {
      const { start, end } = daysOf(period);
      expect(daysOf(nextHalfMonth(period)).start).toBe(end);
      expect(previousHalfMonth(nextHalfMonth(period))).toBe(period);
      expect(nextHalfMonth(period) > period).toBe(true);
      const length = (Date.parse(end) - Date.parse(start)) / 86_400_000;
      expect(length >= 13 && length <= 16).toBe(true);
    }
  });
});

test('days are counted on the calendar', () => {
  expect([addDays('2024-02-28', 1), addDays('2024-02-28', 2), addDays('2027-01-01', -1)]).toEqual([
    '2024-02-29',
    '2024-03-01',
    '2026-12-31',
  ]);
  fc.assert(
    fc.property(days, fc.integer({ min: -1_000, max: 1_000 }), (day, count) => {
      expect(addDays(addDays(day, count), -count)).toBe(day);
    }),
  );
});

describe('the day of an instant', () => {
  test.each([
    ['UTC', '2026-11-15T23:59:59.999Z', '2026-11-15'],
    ['UTC', '2026-11-16T00:00:00Z', '2026-11-16'],
    // 25 hours long.
    ['America/New_York', '2026-11-01T03:59:59.999Z', '2026-10-31'],
    ['America/New_York', '2026-11-01T04:00:00Z', '2026-11-01'],
    ['America/New_York', '2026-11-02T04:59:59.999Z', '2026-11-01'],
    ['America/New_York', '2026-11-02T05:00:00Z', '2026-11-02'],
    // 23 hours long.
    ['Europe/Berlin', '2026-03-28T22:59:59.999Z', '2026-03-28'],
    ['Europe/Berlin', '2026-03-28T23:00:00Z', '2026-03-29'],
    ['Europe/Berlin', '2026-03-29T21:59:59.999Z', '2026-03-29'],
    ['Europe/Berlin', '2026-03-29T22:00:00Z', '2026-03-30'],
    // Samoa went over the date line: it had no 30 December 2011.
    ['Pacific/Apia', '2011-12-30T09:59:59.999Z', '2011-12-29'],
    ['Pacific/Apia', '2011-12-30T10:00:00Z', '2011-12-31'],
  ])('in %s at %s is %s', (zone, at, day) => expect(dayOf(Date.parse(at), zone)).toBe(day));

  test.each(ZONES)('never goes back in %s', (zone) => {
    fc.assert(
      fc.property(instants, fc.nat(200_000_000), (at, later) => {
        expect(dayOf(at + later, zone) >= dayOf(at, zone)).toBe(true);
      }),
    );
  });

  test.each(ZONES)('puts each instant into one half month, tile by tile, in %s', (zone) => {
    const from = Date.parse('2011-11-01T12:00:00Z');
    let running = halfMonthOf(dayOf(from, zone));
    for (let at = from; at < from + 500 * 86_400_000; at += 1_800_000) {
      const period = halfMonthOf(dayOf(at, zone));
      if (period === running) continue;
      expect(period).toBe(nextHalfMonth(running));
      running = period;
    }
  });
});
