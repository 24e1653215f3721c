import { describe, expect, test } from '@jest/globals';
import * as z from 'zod/mini';
import { ruleSettings, rulesOf } from './settings.ts';

const Settings = z.object(ruleSettings);
const read = (MINIMUM_INVOICE_AMOUNTS?: string) =>
  Settings.safeParse({ MINIMUM_INVOICE_AMOUNTS, CARRY_OVER: 'true' });

describe('the least amounts that are invoiced', () => {
  test.each<[string | undefined, [string, bigint][]]>([
    [undefined, []],
    ['', []],
    [' ', []],
    ['EUR 5.00', [['EUR', 5_000_000n]]],
    [
      'EUR 5, JPY 0.000001,USD  10.5',
      [
        ['EUR', 5_000_000n],
        ['JPY', 1n],
        ['USD', 10_500_000n],
      ],
    ],
  ])('%j', (text, expected) => {
    const { data } = read(text);
    expect(data && rulesOf(data)).toEqual({ minimumMicros: new Map(expected), carriesOver: true });
  });

  test.each([
    '5.00',
    'EUR',
    'EUR 0',
    'EUR -1',
    'EUR 5,00',
    'eur 5',
    'EUR 5; USD 5',
    'EUR 1, EUR 2',
  ])('are not %j', (text) => expect(read(text).success).toBe(false));
});
