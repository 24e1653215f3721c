import { describe, expect, test } from '@jest/globals';
import { readLatencySettings } from './settings.ts';

describe('the settings of make latency', () => {
  test('have defaults, for an empty variable too', () => {
    const defaults = { stage: 'local', functionName: 'charge-client', sinceMinutes: 60 };
    expect(readLatencySettings({})).toEqual(defaults);
    expect(readLatencySettings({ STAGE: '', FUNCTION: '', SINCE: '' })).toEqual(defaults);
  });

  test('come from variables', () => {
    expect(readLatencySettings({ STAGE: 'prod', FUNCTION: 'relay-events', SINCE: '1440' })).toEqual(
      { stage: 'prod', functionName: 'relay-events', sinceMinutes: 1_440 },
    );
  });

  test.each(['0', '1h', '-5', '1.5', '10000000'])('SINCE=%s is refused in words', (SINCE) => {
    expect(() => readLatencySettings({ SINCE })).toThrow(
      `SINCE is "${SINCE}", but it must be a whole number of minutes, such as 60.`,
    );
  });
});
