import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ulid } from 'ulid';
import { timeInId } from './charge-id.ts';

describe('timeInId', () => {
  test.each([
    ['01ARZ3NDEKTSV4RRFFQ69G5FAV', 1_469_922_850_259],
    ['01arz3ndektsv4rrffq69g5fav', 1_469_922_850_259],
    ['00000000000000000000000000', 0],
    ['7ZZZZZZZZZZZZZZZZZZZZZZZZZ', 2 ** 48 - 1],
    ['017f22e2-79b0-7cc3-98c4-dc0c0c07398f', 1_645_557_742_000],
    ['017F22E2-79B0-7CC3-98C4-DC0C0C07398F', 1_645_557_742_000],
  ])('reads %s', (id, timeMs) => expect(timeInId(id)).toBe(timeMs));

  test.each([
    ['a ULID that is too large', '8ZZZZZZZZZZZZZZZZZZZZZZZZZ'],
    ['a letter that Crockford leaves out', '01ARZ3NDEKTSV4RRFFQ69G5FAU'],
    ['too short', '01ARZ3NDEKTSV4RRFFQ69G5FA'],
    ['too long', '01ARZ3NDEKTSV4RRFFQ69G5FAVV'],
    ['UUID of version 4', '017f22e2-79b0-4cc3-98c4-dc0c0c07398f'],
    ['UUID of another variant', '017f22e2-79b0-7cc3-c8c4-dc0c0c07398f'],
    ['UUID without hyphens', '017f22e279b07cc398c4dc0c0c07398f'],
    ['a name before it', 'order-01ARZ3NDEKTSV4RRFFQ69G5FAV'],
    ['anything else', 'order-1'],
    ['nothing', ''],
  ])('finds none in %s', (_name, id) => expect(timeInId(id)).toBeUndefined());

  test('reads back the time of any ULID', () => {
    // Zero makes ulid() take the clock.
    const times = fc.integer({ min: 1, max: 2 ** 48 - 1 });
    fc.assert(fc.property(times, (timeMs) => expect(timeInId(ulid(timeMs))).toBe(timeMs)));
  });
});
