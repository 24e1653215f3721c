import { describe, expect, test } from '@jest/globals';
import { readRebuildSettings } from './settings.ts';

describe('what to rebuild', () => {
  test('is every shard of the local cloud', () => {
    expect(readRebuildSettings({ STAGE: 'local' })).toEqual({ takeLedgerAsWhole: false });
  });

  test('may be one shard of another API, its ledger taken as whole', () => {
    const API_URL = 'https://example.test/v1/';
    expect(
      readRebuildSettings({ API_URL, API_KEY: 'tg_x', SHARD: '17', TAKE_LEDGER_AS_WHOLE: '1' }),
    ).toEqual({
      target: { url: 'https://example.test', apiKey: 'tg_x' },
      shard: 17,
      takeLedgerAsWhole: true,
    });
  });

  test.each([
    ['a stage without an address', { STAGE: 'prod' }],
    ['an address without a key', { API_URL: 'https://example.test' }],
    ['a shard that is none', { SHARD: 'first' }],
  ])('cannot be %s', (_name, variables) => {
    expect(() => readRebuildSettings(variables)).toThrow();
  });
});
