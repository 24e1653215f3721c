import { expect, test } from '@jest/globals';
import { replyReader } from './memcached-client.ts';

const REPLIES = [
  ['VALUE a 0 4 17', '1000', 'END'],
  ['END'],
  ['STORED'],
  ['EXISTS'],
  ['NOT_FOUND'],
  ['SERVER_ERROR out of memory storing object'],
  ['ERROR'],
];

test.each([1, 2, 3, 7, 1_000])('replies that come in pieces of %i', (size) => {
  const sent = REPLIES.flat()
    .map((line) => `${line}\r\n`)
    .join('');
  const replies: string[][] = [];
  const read = replyReader((lines) => replies.push(lines));
  for (let at = 0; at < sent.length; at += size) read(sent.slice(at, at + size));
  expect(replies).toEqual(REPLIES);
});
