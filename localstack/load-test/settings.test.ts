import { describe, expect, test } from '@jest/globals';
import { readLoadSettings } from './settings.ts';

describe('the settings of a load test', () => {
  test('have defaults, for an empty variable too', () => {
    const defaults = { charges: 5_000, callers: 32, accounts: 100, seed: 1 };
    expect(readLoadSettings({})).toEqual(defaults);
    expect(readLoadSettings({ CHARGES: '', API_URL: '' })).toEqual(defaults);
  });

  test('come from variables', () => {
    const variables = { CHARGES: '12', CALLERS: '3', ACCOUNTS: '4', SEED: '0' };
    expect(readLoadSettings(variables)).toEqual({ charges: 12, callers: 3, accounts: 4, seed: 0 });
  });

  test.each([
    [{ CHARGES: '0' }, 'CHARGES is "0", but it must be a whole number from 1 to 1000000.'],
    [{ CALLERS: '1e2' }, /^CALLERS is "1e2"/],
    [{ ACCOUNTS: '-1' }, /^ACCOUNTS is "-1"/],
    [{ SEED: '4294967296' }, /^SEED is "4294967296"/],
    [
      { API_URL: 'https://example.com' },
      'API_URL needs API_KEY, an API key with the scopes charge and operate.',
    ],
  ])('%j is refused in words', (variables, message) => {
    expect(() => readLoadSettings(variables)).toThrow(message);
  });

  test('may name another API', () => {
    const API_URL = 'https://example.com/v1';
    expect(readLoadSettings({ API_URL, API_KEY: 'key' })).toMatchObject({
      target: { url: 'https://example.com', apiKey: 'key' },
    });
  });
});
