import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { addDays, dayOf, daysOf, halfMonthOf, previousHalfMonth } from './billing-period.ts';

/** They used to put clocks back at 00:01, so that a day began, went back for an hour and began again: see the last test. */
const BACK_AFTER_MIDNIGHT = ['America/St_Johns', 'America/Goose_Bay'];

/** Every other zone of the runtime: those that switch at midnight, skip a day or change by half an hour are among them. */
const zones = fc.constantFrom(
  'UTC',
  ...Intl.supportedValuesOf('timeZone').filter((zone) => !BACK_AFTER_MIDNIGHT.includes(zone)),
);
const instants = fc.integer({
  min: Date.parse('1970-01-01T00:00:00Z'),
  max: Date.parse('2100-01-01T00:00:00Z'),
});
const HOUR_MS = 3_600_000;
const nextHalfMonth = (period: string) => halfMonthOf(daysOf(period).end);

/** The first millisecond in [from, to) of a day that is not before `day`; days never go back. */
function startOf(day: string, zone: string): number {
  let [from, to] = [Date.parse(day) - 48 * HOUR_MS, Date.parse(day) + 48 * HOUR_MS];
  while (to - from > 1) {
    const middle = Math.floor((from + to) / 2);
    if (dayOf(middle, zone) < day) from = middle;
    else to = middle;
  }
  return to;
}

test('every instant is on one day and in one half month, wherever it is', () => {
  fc.assert(
    fc.property(instants, zones, (at, zone) => {
      const day = dayOf(at, zone);
      expect(day).toMatch(/^\d{4}-\d{2}-\d{2}$/);
      // No zone is further than 14 hours from UTC, and none but those near the date line further than 12.
      const utcDays = [at - 14 * HOUR_MS, at + 14 * HOUR_MS].map((ms) => dayOf(ms, 'UTC'));
      expect((utcDays[0] as string) <= day && day <= (utcDays[1] as string)).toBe(true);
      const period = halfMonthOf(day);
      const { start, end } = daysOf(period);
      expect(start <= day && day < end).toBe(true);
      for (const other of [previousHalfMonth(period), nextHalfMonth(period)]) {
        const days = daysOf(other);
        expect(days.start <= day && day < days.end).toBe(false);
      }
    }),
    { numRuns: 500 },
  );
});

test('daysOf, halfMonthOf and previousHalfMonth agree', () => {
  fc.assert(
    fc.property(instants, zones, (at, zone) => {
      const period = halfMonthOf(dayOf(at, zone));
      const { start, end } = daysOf(period);
      expect([halfMonthOf(start), halfMonthOf(addDays(end, -1))]).toEqual([period, period]);
      expect(previousHalfMonth(halfMonthOf(end))).toBe(period);
      expect(daysOf(previousHalfMonth(period)).end).toBe(start);
      expect(previousHalfMonth(period) < period).toBe(true);
    }),
  );
});

test('days and half months follow each other without gap or overlap, in every zone', () => {
  fc.assert(
    fc.property(instants, zones, (at, zone) => {
      const day = dayOf(at, zone);
      const begins = startOf(day, zone);
      expect(begins <= at).toBe(true);
      const before = dayOf(begins - 1, zone);
      const skipped = (Date.parse(day) - Date.parse(before)) / (24 * HOUR_MS);
      // 2 where the zone went over the date line and skipped a day.
      expect([1, 2]).toContain(skipped);
      const [running, ended] = [halfMonthOf(day), halfMonthOf(before)];
      expect([running, previousHalfMonth(running)]).toContain(ended);
    }),
    { numRuns: 300 },
  );
});

describe('the running half month changes at local midnight of the 1st and the 16th', () => {
  const months = fc
    .tuple(fc.integer({ min: 1970, max: 2099 }), fc.integer({ min: 1, max: 12 }))
    .map(([year, month]) => `${year}-${String(month).padStart(2, '0')}`);

  test('in every zone, whatever its clocks do there', () => {
    fc.assert(
      fc.property(months, fc.constantFrom('01', '16'), zones, (month, date, zone) => {
        const day = `${month}-${date}`;
        const at = startOf(day, zone);
        expect(halfMonthOf(dayOf(at, zone))).toBe(halfMonthOf(day));
        expect(halfMonthOf(dayOf(at - 1, zone))).toBe(previousHalfMonth(halfMonthOf(day)));
      }),
      { numRuns: 300 },
    );
  });

  /** The first instant of the day: where clocks go forward at midnight there is no 00:00, and 01:00 is the first. */
  test.each([
    ['UTC', '2026-11-16', '2026-11-16T00:00:00Z'],
    // Clocks go forward at midnight.
    ['America/Sao_Paulo', '1992-10-25', '1992-10-25T03:00:00Z'],
    ['America/Sao_Paulo', '2015-10-18', '2015-10-18T03:00:00Z'],
    ['America/Sao_Paulo', '1997-10-06', '1997-10-06T03:00:00Z'],
    ['Asia/Beirut', '2022-03-27', '2022-03-26T22:00:00Z'],
    ['Africa/Cairo', '2024-04-26', '2024-04-25T22:00:00Z'],
    ['Asia/Amman', '2016-04-01', '2016-03-31T22:00:00Z'],
    // Clocks go back at midnight: 23:00 to 24:00 is there twice, on the day that ends.
    ['America/Sao_Paulo', '2014-02-16', '2014-02-16T03:00:00Z'],
    ['America/Sao_Paulo', '1997-02-16', '1997-02-16T03:00:00Z'],
    // Another offset from the same day on.
    ['Asia/Pyongyang', '2015-08-15', '2015-08-14T15:30:00Z'],
    ['America/Caracas', '2016-05-01', '2016-05-01T04:30:00Z'],
    // The day before was none.
    ['Pacific/Apia', '2011-12-31', '2011-12-30T10:00:00Z'],
    ['Pacific/Kiritimati', '1995-01-02', '1995-01-01T10:00:00Z'],
    // Leap days.
    ['Europe/Berlin', '2024-03-01', '2024-02-29T23:00:00Z'],
    ['Asia/Kathmandu', '2100-03-01', '2100-02-28T18:15:00Z'],
  ])('in %s %s begins at %s', (zone, day, at) => {
    expect(new Date(startOf(day, zone)).toISOString()).toBe(new Date(at).toISOString());
    expect(dayOf(Date.parse(at) - 1, zone) < day).toBe(true);
    expect(dayOf(Date.parse(at), zone)).toBe(day);
  });

  test('of what is there twice at a switch, all is on the day that ends', () => {
    const day = (at: string) => dayOf(Date.parse(at), 'America/Sao_Paulo');
    // 23:30 in summer time, and again an hour later in winter time: both before the 16th, and the half month.
    expect(['2014-02-16T01:30:00Z', '2014-02-16T02:30:00Z'].map(day)).toEqual([
      ...['2014-02-15', '2014-02-15'],
    ]);
  });

  test('a half month that lost a day has the others', () => {
    const days = new Set<string>();
    for (
      let at = Date.parse('2011-12-16T10:00:00Z');
      at < Date.parse('2012-01-01');
      at += HOUR_MS
    ) {
      const day = dayOf(at, 'Pacific/Apia');
      if (halfMonthOf(day) === '2011-12-H2') days.add(day);
    }
    expect(days.size).toBe(15);
    expect(days.has('2011-12-30')).toBe(false);
  });

  test('where clocks went back just after midnight an instant has one day all the same', () => {
    const day = (at: string) => dayOf(Date.parse(at), 'America/St_Johns');
    // 00:00:30 of the 1st; a minute later it is 23:01:30 again; and then the 1st for good.
    const at = ['2009-11-01T02:30:30Z', '2009-11-01T02:31:30Z', '2009-11-01T03:30:00Z'];
    expect(at.map(day)).toEqual(['2009-11-01', '2009-10-31', '2009-11-01']);
  });
});
