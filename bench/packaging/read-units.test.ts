import { expect, test } from '@jest/globals';
import { itemBytes, readUnitsOf } from './read-units.ts';

test.each([
  [{ pk: 'abc' }, 2 + 3],
  [{ pk: 'ä' }, 2 + 2],
  [{ n: 0n }, 1 + 1],
  [{ n: 12345 }, 1 + 4],
  [{ n: -1200n }, 1 + 3],
  [{ b: new Uint8Array(10) }, 1 + 10],
  [{ l: ['ab', null] }, 1 + 3 + 3 + 2],
  [{ m: { k: 'ab' } }, 1 + 3 + 1 + 1 + 2],
])('%o takes %d bytes', (item, bytes) => {
  expect(itemBytes(item)).toBe(bytes);
});

test.each([
  [0, 1],
  [1, 1],
  [2, 1],
  [3, 2],
])('%d items of 2,000 bytes take %d units', (count, units) => {
  const item = { pk: 'x'.repeat(1_998) };
  expect(readUnitsOf(Array.from({ length: count }, () => item))).toBe(units);
});
