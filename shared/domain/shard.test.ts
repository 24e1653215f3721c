import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { shardName, shardOf } from './shard.ts';

test('clients stay where they are: their keys were written there', () => {
  const sample = ['acme', 'client-0001', 'client-0002', 'a', 'ops@example.com', 'Zürich', '~'];
  expect(sample.map((client) => shardOf(client, 256))).toEqual([62, 41, 147, 67, 51, 62, 182]);
  expect(sample.map((client) => shardOf(client, 32))).toEqual([30, 9, 19, 3, 19, 30, 22]);
});

test('every client has one shard of those there are', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 999 }), (client, shards) => {
      const shard = shardOf(client, shards);
      expect(Number.isInteger(shard) && shard >= 0 && shard < shards).toBe(true);
      expect(shardOf(client, shards)).toBe(shard);
    }),
  );
});

test.each([
  ['numbered', (index: number) => `client-${index}`],
  ['padded', (index: number) => String(index).padStart(10, '0')],
  ['by mail address', (index: number) => `user${index * 7}@example.com`],
])('clients %s spread evenly', (_, nameOf) => {
  const shards = 256;
  const counts = new Array<number>(shards).fill(0);
  for (let index = 0; index < 400 * shards; index++) {
    const shard = shardOf(nameOf(index), shards);
    counts[shard] = (counts[shard] ?? 0) + 1;
  }
  // Five standard deviations of a fair draw.
  expect(Math.min(...counts)).toBeGreaterThan(300);
  expect(Math.max(...counts)).toBeLessThan(500);
});

test('names of shards sort as their numbers', () => {
  expect([0, 7, 42, 999].map(shardName)).toEqual(['s000', 's007', 's042', 's999']);
});
