import { describe, expect, test } from '@jest/globals';
import { isTimeZone } from '#shared/domain/billing-period.ts';
import { readCommonLogTime, readCount, readLocalTime, readRfc3339 } from './times.ts';

const iso = (atMs: number | undefined) =>
  atMs === undefined ? undefined : new Date(atMs).toISOString();

describe('times in files', () => {
  test.each([
    ['2026-11-21T12:00:00Z', '2026-11-21T12:00:00.000Z'],
    ['2026-11-21t12:00:00.123456789z', '2026-11-21T12:00:00.123Z'],
    ['2026-11-21T00:30:00+01:00', '2026-11-20T23:30:00.000Z'],
    ['2024-02-29T23:59:59-05:30', '2024-03-01T05:29:59.000Z'],
  ])('RFC 3339: %s', (text, expected) => {
    expect(iso(readRfc3339(text))).toBe(expected);
  });

  test.each([
    '2026-02-30T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '2026-11-21T24:00:00Z',
    '2026-11-21T12:00:60Z',
    '2026-11-21T12:00:00',
    '2026-11-21 12:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-11-21T12:00:00+24:00',
    '',
  ])('refuses %s as RFC 3339', (text) => {
    expect(readRfc3339(text)).toBeUndefined();
  });

  test('access log times carry their offset', () => {
    expect(iso(readCommonLogTime('17/May/2015:10:05:03 +0000'))).toBe('2015-05-17T10:05:03.000Z');
    expect(iso(readCommonLogTime('01/Jan/2026:00:30:00 +0100'))).toBe('2025-12-31T23:30:00.000Z');
    expect(readCommonLogTime('31/Apr/2015:10:05:03 +0000')).toBeUndefined();
    expect(readCommonLogTime('17/Mai/2015:10:05:03 +0000')).toBeUndefined();
  });

  test.each([
    ['UTC', '2014-11-18 18:26:04', '2014-11-18T18:26:04.000Z'],
    ['UTC', '2014-11-18T18:26', '2014-11-18T18:26:00.000Z'],
    ['UTC', '2014-11-18', '2014-11-18T00:00:00.000Z'],
    ['America/New_York', '2014-11-18 18:26:04', '2014-11-18T23:26:04.000Z'],
    ['America/New_York', '2015-07-01 00:00:00.5', '2015-07-01T04:00:00.500Z'],
    ['Asia/Kolkata', '2015-07-01 00:00:00', '2015-06-30T18:30:00.000Z'],
    ['Europe/Berlin', '2026-10-25 02:30:00', '2026-10-25T00:30:00.000Z'],
    ['Europe/Berlin', '2026-10-25 03:00:00', '2026-10-25T02:00:00.000Z'],
    ['Europe/Berlin', '2026-03-29 02:30:00', '2026-03-29T01:30:00.000Z'],
    ['Europe/Berlin', '2026-03-29 01:59:59', '2026-03-29T00:59:59.000Z'],
    ['Europe/Berlin', '2026-03-29 03:00:00', '2026-03-29T01:00:00.000Z'],
  ])('in %s, %s is %s', (zone, text, expected) => {
    expect(iso(readLocalTime(text, zone))).toBe(expected);
  });

  test('counts after an instant', () => {
    expect(iso(readCount('1431857103', 1000, 0))).toBe('2015-05-17T10:05:03.000Z');
    expect(iso(readCount('1431857103.25', 1000, 0))).toBe('2015-05-17T10:05:03.250Z');
    expect(iso(readCount('1431857103000', 1, 0))).toBe('2015-05-17T10:05:03.000Z');
    expect(readCount('-1', 1, 0)).toBeUndefined();
    expect(readCount('999999999999999', 1000, 0)).toBeUndefined();
  });

  test('knows which time zones there are', () => {
    expect([isTimeZone('Europe/Berlin'), isTimeZone('Mars/Olympus')]).toEqual([true, false]);
  });
});
