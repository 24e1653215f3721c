import { expect, jest, test } from '@jest/globals';
import { once } from './once.ts';

test('a value is made at its first use, and only then', () => {
  const make = jest.fn(() => ({}));
  const get = once(make);
  expect(make).not.toHaveBeenCalled();
  expect(get()).toBe(get());
  expect(make).toHaveBeenCalledTimes(1);
});

test('nothing is a value too', () => {
  const make = jest.fn(() => undefined);
  const get = once(make);
  expect([get(), get()]).toEqual([undefined, undefined]);
  expect(make).toHaveBeenCalledTimes(1);
});

test('a failure is not kept: the next use tries again', () => {
  let isReady = false;
  const get = once(() => {
    if (!isReady) throw new Error('not ready');
    return 'made';
  });
  expect(get).toThrow('not ready');
  isReady = true;
  expect(get()).toBe('made');
});
