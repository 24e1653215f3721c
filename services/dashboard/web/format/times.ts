const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A time for a person, in the zone of the browser: the date only where it is not today's. */
export function formatTime(atMs: number, nowMs: number, timeZone?: string): string {
  if (Number.isNaN(atMs)) return '–';
  const zone = timeZone === undefined ? {} : { timeZone };
  const day = new Intl.DateTimeFormat('en-GB', { ...zone, day: 'numeric', month: 'short' });
  const year = new Intl.DateTimeFormat('en-GB', { ...zone, year: 'numeric' });
  const clock = new Intl.DateTimeFormat('en-GB', { ...zone, timeStyle: 'medium' }).format(atMs);
  const isThisYear = year.format(atMs) === year.format(nowMs);
  if (isThisYear && day.format(atMs) === day.format(nowMs)) return clock;
  return `${day.format(atMs)}${isThisYear ? '' : ` ${year.format(atMs)}`}, ${clock}`;
}

/** Hours and minutes on the clock of the browser, with the day where that is another than now's. */
export function formatClock(atMs: number, nowMs: number, timeZone?: string): string {
  return formatTime(atMs, nowMs, timeZone).replace(/:\d\d$/, '');
}

/** How long something takes or is away, in its two largest units at most. */
export function formatDuration(durationMs: number): string {
  const ms = Math.max(durationMs, 0);
  if (ms < SECOND_MS) return `${Math.round(ms)} ms`;
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)} s`;
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min`;
  if (ms < DAY_MS) return withRest(ms, HOUR_MS, 'h', MINUTE_MS, 'min');
  return withRest(ms, DAY_MS, 'd', HOUR_MS, 'h');
}

function withRest(ms: number, unitMs: number, unit: string, partMs: number, part: string): string {
  const rest = Math.floor((ms % unitMs) / partMs);
  return `${Math.floor(ms / unitMs)} ${unit}${rest === 0 ? '' : ` ${rest} ${part}`}`;
}

export function formatAgo(ageMs: number): string {
  return ageMs < SECOND_MS ? 'just now' : `${formatDuration(ageMs)} ago`;
}

export function formatIn(leftMs: number): string {
  return leftMs < SECOND_MS ? 'now' : `in ${formatDuration(leftMs)}`;
}

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** `2026-11-H1` as `1–15 Nov 2026`. */
export function formatPeriod(period: string): string {
  const match = /^(\d{4})-(\d{2})-H([12])$/.exec(period);
  if (!match) return period;
  const [, year, month, half] = match;
  const last = half === '1' ? 15 : new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  const name = MONTHS[Number(month) - 1] ?? month;
  return `${half === '1' ? `1–${last}` : `16–${last}`} ${name} ${year}`;
}
