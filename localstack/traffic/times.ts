/** Readers of the ways in which files write a time. Each gives Unix milliseconds, or undefined for what is no such time. */

import * as field from '#shared/contracts/fields.ts';

const LOCAL = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?$/;
const COMMON_LOG =
  /^(\d{2})\/([A-Z][a-z]{2})\/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})$/;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAY_MS = 86_400_000;

type Digits = string | undefined;

/** As the ingestion API reads it: a time that it would refuse is refused before anything is sent. */
export function readRfc3339(text: string): number | undefined {
  const parsed = field.time.safeParse(text);
  return parsed.success ? parsed.data : undefined;
}

/** `17/May/2015:10:05:03 +0000`, as web servers write it. */
export function readCommonLogTime(text: string): number | undefined {
  const match = COMMON_LOG.exec(text);
  if (!match) return undefined;
  const [, day, monthName, year, hour, minute, second, sign, offsetHour, offsetMinute] = match;
  const month = String(MONTHS.indexOf(monthName as string) + 1);
  return before(
    wallClock(year, month, day, hour, minute, second),
    offsetOf(sign, offsetHour, offsetMinute),
  );
}

/**
 * `YYYY-MM-DD HH:MM:SS` by the clocks of `zone`. An hour that occurs twice, when clocks go back, is its first
 * occurrence; a time that clocks skip is as far after the change as it claims to be.
 */
export function readLocalTime(text: string, zone: string): number | undefined {
  const match = LOCAL.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction] = match;
  const wallMs = wallClock(year, month, day, hour, minute, second, fraction);
  if (wallMs === undefined || zone === 'UTC') return wallMs;
  const offsetBeforeMs = zoneOffsetMs(wallMs - DAY_MS, zone);
  const offsetAfterMs = zoneOffsetMs(wallMs + DAY_MS, zone);
  const first = wallMs - offsetBeforeMs;
  const last = wallMs - offsetAfterMs;
  if (zoneOffsetMs(first, zone) === offsetBeforeMs) return first;
  return zoneOffsetMs(last, zone) === offsetAfterMs ? last : first;
}

/** A count of `unitMs`, such as epoch seconds, after `startMs`. Decimals are cut to the millisecond. */
export function readCount(text: string, unitMs: 1 | 1000, startMs: number): number | undefined {
  if (!/^\d{1,15}(\.\d{1,9})?$/.test(text)) return undefined;
  const [whole = '0', fraction = ''] = text.split('.');
  const fractionMs = unitMs === 1000 ? Number(fraction.padEnd(3, '0').slice(0, 3)) : 0;
  const atMs = startMs + Number(whole) * unitMs + fractionMs;
  return atMs < Date.UTC(10000, 0) ? atMs : undefined;
}

/** Refuses what `Date` would roll over: 30 February, hour 24, second 60. */
function wallClock(
  year: Digits,
  month: Digits,
  day: Digits,
  hour: Digits,
  minute: Digits,
  second: Digits,
  fraction: Digits = '',
): number | undefined {
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const midnight = new Date(0);
  midnight.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  if (midnight.getUTCMonth() !== Number(month) - 1 || midnight.getUTCDate() !== Number(day)) {
    return undefined;
  }
  const seconds = Number(hour) * 3600 + Number(minute) * 60 + Number(second);
  return midnight.getTime() + seconds * 1000 + Number(fraction.padEnd(3, '0').slice(0, 3));
}

function offsetOf(sign: Digits, hours: Digits, minutes: Digits): number | undefined {
  if (sign === undefined) return 0;
  if (Number(hours) > 23 || Number(minutes) > 59) return undefined;
  const offsetMs = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return sign === '-' ? -offsetMs : offsetMs;
}

function before(wallMs: number | undefined, offsetMs: number | undefined): number | undefined {
  return wallMs === undefined || offsetMs === undefined ? undefined : wallMs - offsetMs;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(zone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(zone);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat('en-CA', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    formatters.set(zone, formatter);
  }
  return formatter;
}

function zoneOffsetMs(atMs: number, zone: string): number {
  const wholeSecondMs = Math.floor(atMs / 1000) * 1000;
  const [year, month, day, hour, minute, second] = formatterOf(zone)
    .format(wholeSecondMs)
    .match(/\d+/g) as string[];
  return (wallClock(year, month, day, hour, minute, second) as number) - wholeSecondMs;
}
