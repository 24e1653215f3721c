import { afterEach, describe, expect, test } from '@jest/globals';
import * as z from 'zod/mini';
import { integer, readEnv, text } from './env.ts';

const NAMES = ['TEST_TABLE', 'TEST_SHARDS'];
const schema = z.object({ TEST_TABLE: text, TEST_SHARDS: integer(1, 999) });

function readWith(values: Readonly<Record<string, string>>) {
  Object.assign(process.env, values);
  return readEnv(schema);
}

afterEach(() => {
  for (const name of NAMES) delete process.env[name];
});

test('settings are read as what they are, without anything else of the environment', () => {
  expect(readWith({ TEST_TABLE: 'usage', TEST_SHARDS: '256' })).toEqual({
    TEST_TABLE: 'usage',
    TEST_SHARDS: 256,
  });
});

test('every setting that is missing or wrong is named', () => {
  expect(() => readEnv(schema)).toThrow(/TEST_TABLE: .*TEST_SHARDS: /);
  expect(() => readWith({ TEST_TABLE: '', TEST_SHARDS: '1' })).toThrow(/TEST_TABLE: /);
});

describe('a whole number from 1 to 999', () => {
  test.each(['1', '999', '007'])('may be %j', (value) => {
    expect(readWith({ TEST_TABLE: 't', TEST_SHARDS: value }).TEST_SHARDS).toBe(Number(value));
  });

  test.each(['0', '1000', '-1', '1.5', '1e2', '', ' 1', 'many', '9'.repeat(13)])(
    'is not %j',
    (value) => {
      expect(() => readWith({ TEST_TABLE: 't', TEST_SHARDS: value })).toThrow(
        /TEST_SHARDS: must be (a whole number|from 1 to 999)/,
      );
    },
  );
});
