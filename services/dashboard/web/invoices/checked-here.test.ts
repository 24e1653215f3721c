import { expect, test } from '@jest/globals';
import { isCheckedHere, MAX_CHECKED_EVENTS } from './checked-here.ts';

test.each([
  [0, MAX_CHECKED_EVENTS, true],
  [0, MAX_CHECKED_EVENTS + 1, false],
  [50_000, 50_000 + MAX_CHECKED_EVENTS, true],
])(
  'of a line after %i events and up to the %ith the browser checks them: %s',
  (before, at, expected) => {
    const sums = (events: number) => ({ events, quantity: '0', amount: '0.00' });
    const tree = { size: at, root: 'ab' };
    expect(isCheckedHere({ at: sums(at), billedBefore: sums(before), tree })).toBe(expected);
  },
);
