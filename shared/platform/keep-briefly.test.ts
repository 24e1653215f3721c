import { expect, test } from '@jest/globals';
import { keepBriefly } from './keep-briefly.ts';

function counted() {
  const reads: string[] = [];
  const clock = { nowMs: 1_000 };
  const read = async (key: string) => {
    reads.push(key);
    return `${key} ${reads.length}`;
  };
  return { reads, clock, ask: keepBriefly(read, 2_000, () => clock.nowMs) };
}

test('what was read answers for a while, and not longer', async () => {
  const { reads, clock, ask } = counted();
  expect(await ask('a')).toBe('a 1');
  clock.nowMs += 1_999;
  expect(await ask('a')).toBe('a 1');
  clock.nowMs += 1;
  expect(await ask('a')).toBe('a 2');
  expect(reads).toEqual(['a', 'a']);
});

test('each key is read by itself', async () => {
  const { ask } = counted();
  expect(await Promise.all([ask('a'), ask('b'), ask('a')])).toEqual(['a 1', 'b 2', 'a 1']);
});

test('who asks meanwhile waits for the same, and the time begins when it is there', async () => {
  const clock = { nowMs: 0 };
  const gate = Promise.withResolvers<number>();
  let reads = 0;
  const ask = keepBriefly(
    () => (reads++ === 0 ? gate.promise : Promise.resolve(2)),
    2_000,
    () => clock.nowMs,
  );
  const first = ask('a');
  clock.nowMs = 5_000;
  const second = ask('a');
  gate.resolve(1);
  expect(await Promise.all([first, second])).toEqual([1, 1]);
  clock.nowMs = 6_999;
  expect(await ask('a')).toBe(1);
  clock.nowMs = 7_000;
  expect(await ask('a')).toBe(2);
});

test('a failure is not kept', async () => {
  let reads = 0;
  const read = async () => {
    reads += 1;
    if (reads === 1) throw new Error('away');
    return reads;
  };
  const ask = keepBriefly(read, 2_000, () => 0);
  await expect(ask(undefined)).rejects.toThrow('away');
  expect(await ask(undefined)).toBe(2);
  expect(await ask(undefined)).toBe(2);
});

test('a clock that is set back makes nothing last longer', async () => {
  const { clock, ask } = counted();
  await ask('a');
  clock.nowMs -= 3_600_000;
  expect(await ask('a')).toBe('a 2');
});
