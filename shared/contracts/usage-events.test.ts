import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as z from 'zod/mini';
import { MAX_AMOUNT_MICROS, MAX_QUANTITY_MICROS } from '#shared/domain/money.ts';
import { MAX_USAGE_EVENTS, UsageBatch, UsageCloudEvent } from './usage-events.ts';

const EVENT = {
  specversion: '1.0',
  id: 'e-1',
  source: '/app/7',
  type: 'com.example.usage',
  subject: 'acme',
  time: '2026-11-03T12:00:00Z',
  data: { meter: 'api.calls', quantity: '2' },
};
const withData = (data: object) => ({ ...EVENT, data: { ...EVENT.data, ...data } });

function issuesOf(value: unknown): string[] {
  const result = z.safeParse(UsageCloudEvent, value);
  if (result.success) throw new Error('was taken');
  return result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
}

test('an event is read into micro-units and milliseconds', () => {
  expect(UsageCloudEvent.parse(withData({ amount: '0.05', currency: 'EUR' }))).toEqual({
    ...EVENT,
    time: Date.parse(EVENT.time),
    data: { meter: 'api.calls', quantity: 2_000_000n, amount: 50_000n, currency: 'EUR' },
  });
});

describe('an event may carry', () => {
  test.each<[string, object]>([
    ['no time', { time: undefined }],
    ['a time with an offset', { time: '2026-11-03T12:00:00+05:45' }],
    ['a time with fractions', { time: '2026-11-03T12:00:00.123456789Z' }],
    ['a content type', { datacontenttype: 'application/json' }],
    ['a schema and a trace', { dataschema: 'https://example.com/s', traceparent: '00-1-2-03' }],
    ['a quantity of zero', { data: { meter: 'm', quantity: '0' } }],
    ['an amount of zero', { data: { meter: 'm', quantity: '1', amount: '0', currency: 'JPY' } }],
  ])('%s', (_, changes) => {
    expect(UsageCloudEvent.safeParse({ ...EVENT, ...changes }).success).toBe(true);
  });
});

describe('an event is refused, by the name of what is wrong, for', () => {
  test.each<[string, object, RegExp]>([
    ['another version', { specversion: '0.3' }, /^specversion: /],
    ['no id', { id: undefined }, /^id: /],
    ['an id with a space', { id: 'a b' }, /^id: must be 1 to 128 printable/],
    ['an id that is too long', { id: 'i'.repeat(129) }, /^id: /],
    ['no source', { source: '' }, /^source: /],
    ['no type', { type: '' }, /^type: /],
    ['a client that is none', { subject: 'a#b' }, /^subject: must be 1 to 128/],
    ['a day off the calendar', { time: '2026-02-30T00:00:00Z' }, /^time: is not a day/],
    ['a time without offset', { time: '2026-11-03T12:00:00' }, /^time: must be a time of RFC/],
    ['a leap second', { time: '2026-11-03T12:00:60Z' }, /^time: must be a time of RFC/],
    ['data of another type', { datacontenttype: 'text/plain' }, /^datacontenttype: /],
    ['data that is a text', { data: 'x' }, /^data: /],
    ['an unknown attribute', { extra: 1 }, /^: /],
    ['an unknown field', { data: { ...EVENT.data, tags: {} } }, /^data: /],
    ['a meter that is none', { data: { meter: 'a#b', quantity: '1' } }, /^data\.meter: /],
    ['no quantity', { data: { meter: 'm' } }, /^data\.quantity: /],
    ['an amount alone', { data: { ...EVENT.data, amount: '1' } }, /^data: amount and currency/],
    ['a currency alone', { data: { ...EVENT.data, currency: 'EUR' } }, /^data: amount and/],
    [
      'an unknown currency',
      { data: { ...EVENT.data, amount: '1', currency: 'XYZ' } },
      /^data\.currency: must be a currency/,
    ],
    [
      'an amount as a number',
      { data: { ...EVENT.data, amount: 1, currency: 'EUR' } },
      /^data\.amount: /,
    ],
    [
      'a negative amount',
      { data: { ...EVENT.data, amount: '-1', currency: 'EUR' } },
      /^data\.amount: must be a decimal/,
    ],
    [
      'an amount over the bound',
      { data: { ...EVENT.data, amount: '1000000000.000001', currency: 'EUR' } },
      /^data\.amount: must be a decimal/,
    ],
    [
      'an amount with seven decimals',
      { data: { ...EVENT.data, amount: '0.0000001', currency: 'EUR' } },
      /^data\.amount: must be a decimal/,
    ],
  ])('%s', (_, changes, expected) => {
    const issues = issuesOf({ ...EVENT, ...changes });
    expect(issues).toHaveLength(1);
    expect(issues[0]).toMatch(expected);
  });
});

describe('a quantity', () => {
  const quantityOf = (quantity: unknown) =>
    UsageCloudEvent.parse(withData({ quantity })).data.quantity;

  test('is the same as a number and as its decimal', () => {
    fc.assert(
      fc.property(fc.nat(999_999_999), fc.nat(999_999), (whole, micros) => {
        const decimal = `${whole}.${String(micros).padStart(6, '0')}`;
        expect(quantityOf(Number(decimal))).toBe(quantityOf(decimal));
        expect(quantityOf(decimal)).toBe(BigInt(whole) * 1_000_000n + BigInt(micros));
      }),
    );
  });

  test.each([
    [0, 0n],
    [-0, 0n],
    [0.000001, 1n],
    [0.1, 100_000n],
    [1_000_000_000_000, MAX_QUANTITY_MICROS],
    ['1000000000000', MAX_QUANTITY_MICROS],
    ['000.5', 500_000n],
  ])('%j is taken', (given, micros) => expect(quantityOf(given)).toBe(micros));

  test.each([
    -1,
    '-1',
    0.0000001,
    '0.0000001',
    // More than 15 digits: nobody knows what was written.
    0.1 + 0.2,
    123_456_789_012.345_67,
    1e21,
    // Over the bound, as a number and as a text.
    1_000_000_000_001,
    999_999_999_999_999,
    '1000000000000.000001',
    '1e3',
    '',
    ' 1',
    null,
    true,
    [1],
  ])('%j is refused in words', (given) => {
    expect(issuesOf(withData({ quantity: given }))).toEqual([
      expect.stringMatching(/^data\.quantity: must be/),
    ]);
  });
});

test('whatever is sent is read or refused, never an exception', () => {
  const odd = fc.oneof(fc.jsonValue(), fc.double(), fc.string(), fc.constant(undefined));
  fc.assert(
    fc.property(odd, odd, odd, (time, quantity, amount) => {
      const sent = { ...EVENT, time, data: { meter: 'm', quantity, amount, currency: 'EUR' } };
      const result = UsageCloudEvent.safeParse(sent);
      if (result.success) {
        const { data } = result.data;
        expect(data.quantity >= 0n && data.quantity <= MAX_QUANTITY_MICROS).toBe(true);
        expect(data.amount === undefined || data.amount <= MAX_AMOUNT_MICROS).toBe(true);
      }
    }),
  );
});

test('a time is read as RFC 3339 means it, in any case of its letters', () => {
  const timeOf = (time: string) => UsageCloudEvent.parse({ ...EVENT, time }).time;
  expect(timeOf('2026-11-03t12:00:00z')).toBe(Date.parse('2026-11-03T12:00:00Z'));
  expect(timeOf('2026-11-03T12:00:00.1239Z')).toBe(Date.parse('2026-11-03T12:00:00.123Z'));
  expect(timeOf('2026-11-03T23:30:00-01:00')).toBe(Date.parse('2026-11-04T00:30:00Z'));
});

test('a batch has 1 to 1,000 events', () => {
  const batch = (size: number) => UsageBatch.safeParse(new Array(size).fill(EVENT)).success;
  expect([0, 1, MAX_USAGE_EVENTS, MAX_USAGE_EVENTS + 1].map(batch)).toEqual([
    false,
    true,
    true,
    false,
  ]);
});
