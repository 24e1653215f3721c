import { describe, expect, test } from '@jest/globals';
import { localTarget, readApiTarget, readOperatedTarget } from './api-target.ts';
import { readLocalEnvironment } from './environment.ts';

const read = (variables: Record<string, string>) => readApiTarget(variables, 'a good key');

describe('the API that is called', () => {
  test.each(['https://example.com', 'https://example.com/', 'https://example.com/v1'])(
    'is named as %s',
    (API_URL) => {
      expect(read({ API_URL, API_KEY: 'key' })).toEqual({
        url: 'https://example.com',
        apiKey: 'key',
      });
    },
  );

  test.each([{}, { API_URL: '' }, { API_KEY: 'key' }])('is the local one for %j', (variables) => {
    expect(read(variables)).toBeUndefined();
  });

  test.each([
    [
      { API_URL: 'example.com', API_KEY: 'key' },
      'API_URL is "example.com", but it must be the address of an API, up to its /v1.',
    ],
    [{ API_URL: 'https://example.com' }, 'API_URL needs API_KEY, a good key.'],
  ])('cannot be that of %j', (variables, message) => {
    expect(() => read(variables)).toThrow(message);
  });

  test('is that of the stage, to operate it', () => {
    expect(readOperatedTarget({ STAGE: 'local' })).toBeUndefined();
    expect(() => readOperatedTarget({ STAGE: 'prod' })).toThrow(
      'STAGE is "prod": give API_URL, the address of its API, and API_KEY, a key that may operate.',
    );
    const API_URL = 'https://example.com';
    expect(() => readOperatedTarget({ STAGE: 'prod', API_URL })).toThrow(
      'API_URL needs API_KEY, a key with the scope operate.',
    );
    expect(readOperatedTarget({ STAGE: 'prod', API_URL, API_KEY: 'key' })).toEqual({
      url: API_URL,
      apiKey: 'key',
    });
  });

  test('on the local cloud is called with the key that was loaded there', async () => {
    const environment = readLocalEnvironment({}, 'test');
    const loaded: unknown[] = [];
    const target = await localTarget(environment, async (at) => {
      loaded.push(at);
      return { apiKey: 'tg_local' };
    });
    expect(target).toEqual({ url: environment.httpApiUrl, apiKey: 'tg_local' });
    expect(loaded).toEqual([environment]);
  });
});
