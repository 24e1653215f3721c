import { expect, test } from '@jest/globals';
import * as z from 'zod/mini';
import en from 'zod/v4/locales/en.js';
import { messageOf } from './issue-message.ts';

const told = (schema: z.ZodMiniType, value: unknown, error: z.core.$ZodErrorMap) =>
  z.safeParse(schema, value, { error }).error?.issues.map(({ message }) => message);

test.each([
  ['another type', z.string(), 5],
  ['nothing', z.string(), undefined],
  ['null', z.strictObject({}), null],
  ['a list', z.strictObject({}), []],
  ['an object', z.array(z.string()), {}],
  ['no boolean', z.boolean(), 'true'],
  ['no number', z.number(), '1'],
  ['a fraction', z.int(), 1.5],
  ['the wrong value', z.literal('a'), 'b'],
  ['no such option', z.enum(['a', 'b']), 'c'],
  ['too few items', z.array(z.string()).check(z.minLength(1)), []],
  ['too many items', z.array(z.string()).check(z.maxLength(1)), ['a', 'b']],
  ['too short', z.string().check(z.minLength(2)), 'a'],
  ['too long', z.string().check(z.maxLength(1)), 'ab'],
  ['too small', z.int().check(z.gte(1)), 0],
  ['too large', z.int().check(z.lte(1)), 2],
  ['none of both', z.union([z.string(), z.number()]), true],
  ['no such kind', z.discriminatedUnion('kind', [z.object({ kind: z.literal('a') })]), {}],
])('%s is told as by zod', (_, schema, value) => {
  const english = told(schema as z.ZodMiniType, value, en().localeError);
  expect(english).toHaveLength(1);
  expect(told(schema as z.ZodMiniType, value, messageOf)).toEqual(english);
});
