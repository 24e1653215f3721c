import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { compileFunction } from 'node:vm';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { withPlainFields } from './plain-fields.ts';

const require = createRequire(import.meta.url);
const file = join(dirname(require.resolve('ioredis')), 'resp/decoder.js');
const source = readFileSync(file, 'utf8');

interface Decoder {
  write(chunk: Buffer): void;
}
type DecoderClass = new (config: object) => Decoder;

function load(text: string): DecoderClass {
  const exports: { Decoder?: DecoderClass } = {};
  compileFunction(text, ['exports', 'require'])(exports, createRequire(file));
  if (!exports.Decoder) throw new Error('There is no decoder');
  return exports.Decoder;
}

const given = load(source);
const plain = load(withPlainFields(source));

function decode(Made: DecoderClass, mapping: object, chunks: readonly Buffer[]): unknown[] {
  const seen: unknown[] = [];
  const decoder = new Made({
    getTypeMapping: () => mapping,
    onReply: (reply: unknown) => seen.push(['reply', reply]),
    onErrorReply: (error: Error) => seen.push(['error', error.message]),
    onPush: (reply: unknown) => seen.push(['push', reply]),
  });
  for (const chunk of chunks) decoder.write(chunk);
  return seen;
}

const word = fc.stringMatching(/^[a-zA-Z ]{0,12}$/);
const blob = (text: string) => `${Buffer.byteLength(text)}\r\n${text}\r\n`;

const { reply } = fc.letrec<{ reply: string; list: string[] }>((tie) => ({
  list: fc.array(tie('reply'), { maxLength: 4 }),
  reply: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom('_\r\n', '#t\r\n', '#f\r\n', ',inf\r\n', ',-inf\r\n', ',1.5e3\r\n', '$-1\r\n'),
    fc.integer().map((number) => `:${number}\r\n`),
    fc.bigInt().map((number) => `(${number}\r\n`),
    fc.tuple(fc.integer(), fc.nat(999)).map(([whole, part]) => `,${whole}.${part}\r\n`),
    word.map((text) => `+${text}\r\n`),
    word.map((text) => `-ERR ${text}\r\n`),
    word.map((text) => `!${blob(`ERR ${text}`)}`),
    fc.string({ unit: 'grapheme' }).map((text) => `$${blob(text)}`),
    word.map((text) => `=${blob(`txt:${text}`)}`),
    tie('list').map((list) => `*${list.length}\r\n${list.join('')}`),
    tie('list').map((list) => `~${list.length}\r\n${list.join('')}`),
    fc.array(fc.tuple(word, tie('reply'))).map((entries) => {
      const pairs = entries.map(([key, value]) => `$${blob(key)}${value}`);
      return `%${entries.length}\r\n${pairs.join('')}`;
    }),
  ),
}));
const push = fc.array(reply).map((list) => `>${list.length + 1}\r\n+pushed\r\n${list.join('')}`);

const types = { blob: 36, simple: 43, verbatim: 61, map: 37, set: 126, double: 44, big: 40 };
const mappings = [
  {},
  { [types.blob]: Buffer, [types.simple]: Buffer, [types.map]: Array, [types.set]: Array },
  { [types.double]: String, [types.big]: String, [types.map]: Map, [types.set]: Set },
];

test('the decoder reads every answer as it did, however it comes in pieces', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(reply, push), { minLength: 1, maxLength: 4 }),
      fc.array(fc.nat(), { maxLength: 12 }),
      fc.constantFrom(...mappings),
      (replies, cuts, mapping) => {
        const bytes = Buffer.from(replies.join(''));
        const at = [...new Set(cuts.map((cut) => cut % bytes.length))].sort((a, b) => a - b);
        const chunks = [0, ...at].map((from, index) => bytes.subarray(from, at[index]));
        const pieces = chunks.filter(({ length }) => length > 0);
        expect(decode(plain, mapping, pieces)).toEqual(decode(given, mapping, pieces));
      },
    ),
    { numRuns: 500 },
  );
});

test('it says where it does not know a way of writing', () => {
  expect(() => withPlainFields('const fields = new WeakMap();')).toThrow(/private member/);
});
