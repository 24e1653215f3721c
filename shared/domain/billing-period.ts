/**
 * Days are `YYYY-MM-DD` in the billing time zone; a half month is `YYYY-MM-H1` (1st to 15th) or
 * `YYYY-MM-H2` (16th to the end). Both sort as text. All intervals are half-open.
 */

export type Day = string;
export type HalfMonth = string;

const DAY_MS = 86_400_000;
const HALF_MONTH = /^(\d{4})-(0[1-9]|1[0-2])-H([12])$/;
const formatters = new Map<string, Intl.DateTimeFormat>();

function dayFormatter(timeZone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(timeZone);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat('en-CA', {
      timeZone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
    });
    formatters.set(timeZone, formatter);
  }
  return formatter;
}

/** Whether `name` is an IANA time zone that the runtime knows. */
export function isTimeZone(name: string): boolean {
  try {
    dayFormatter(name);
    return true;
  } catch {
    return false;
  }
}

/** The day in `timeZone` (an IANA name) on which the instant `atMs` (Unix milliseconds) falls. */
export function dayOf(atMs: number, timeZone: string): Day {
  if (timeZone === 'UTC') return new Date(atMs).toISOString().slice(0, 10);
  return dayFormatter(timeZone).format(atMs);
}

/** The calendar day `count` days after `day`. */
export function addDays(day: Day, count: number): Day {
  return new Date(Date.parse(`${day}T00:00:00Z`) + count * DAY_MS).toISOString().slice(0, 10);
}

export function halfMonthOf(day: Day): HalfMonth {
  return `${day.slice(0, 7)}-${day.slice(8) <= '15' ? 'H1' : 'H2'}`;
}

export function isHalfMonth(text: string): text is HalfMonth {
  return HALF_MONTH.test(text);
}

/** The days of a half month as the half-open interval [start, end). Throws RangeError for anything else than a half month. */
export function daysOf(period: HalfMonth): { start: Day; end: Day } {
  const match = HALF_MONTH.exec(period);
  if (!match) throw new RangeError(`not a half month: ${period}`);
  const [, year, month, half] = match;
  if (half === '1') return { start: `${year}-${month}-01`, end: `${year}-${month}-16` };
  const nextMonth = new Date(Date.UTC(Number(year), Number(month), 1)).toISOString().slice(0, 10);
  return { start: `${year}-${month}-16`, end: nextMonth };
}

export function previousHalfMonth(period: HalfMonth): HalfMonth {
  return halfMonthOf(addDays(daysOf(period).start, -1));
}
