import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type ListState,
  previousPage,
  readListState,
  toQuery,
  toRetryFilter,
  withFilter,
  writeListState,
} from './list-state.ts';

const text = fc.oneof(fc.constant(''), fc.stringMatching(/^[A-Za-z0-9._:@+~=-]{1,20}$/));

const states: fc.Arbitrary<ListState> = fc.record({
  states: fc.subarray(['packaged', 'parked', 'accepted']),
  client: text,
  period: fc.constantFrom('', '2026-11-H1'),
  reason: text,
  olderThanSeconds: fc.constantFrom('', '0', '3600'),
  sort: fc.constantFrom('oldest', 'newest', 'client'),
  cursors: fc.array(fc.string({ minLength: 1, maxLength: 40 }), { maxLength: 20 }),
  dropped: fc.nat({ max: 99_999_999 }),
});

test('an address leads another person to the same list', () => {
  fc.assert(
    fc.property(states, (state) => {
      const address = writeListState(state).toString();
      expect(readListState(new URLSearchParams(address))).toEqual(state);
    }),
  );
});

test('an address without anything is the list as it is at first, and the other way round', () => {
  const first = readListState(new URLSearchParams());
  expect(writeListState(first).toString()).toBe('');
  expect(Object.values(toQuery(first)).filter(Boolean)).toEqual(['50']);
});

test('an address stays short however far one goes, and keeps the page that is shown', () => {
  const cursors = Array.from({ length: 100 }, (_, index) => `cursor-${index}`);
  const kept = readListState(
    writeListState({ ...readListState(new URLSearchParams()), cursors }),
  ).cursors;
  expect(kept.length).toBeLessThanOrEqual(20);
  expect(kept.at(-1)).toBe('cursor-99');
});

test('the way back goes page by page, and ends where it is not known any more', () => {
  let state = readListState(new URLSearchParams());
  for (let page = 2; page <= 25; page++) {
    const cursors = [...state.cursors, `page-${page}`];
    state = readListState(writeListState({ ...state, cursors }));
  }
  const shown = [];
  for (let page: ListState | undefined = state; page; page = previousPage(page)) {
    shown.push(page.cursors.at(-1));
  }
  expect(shown).toEqual(Array.from({ length: 20 }, (_, index) => `page-${25 - index}`));
  const second = readListState(new URLSearchParams('cursor=a'));
  expect(previousPage(second)?.cursors).toEqual([]);
  expect(previousPage({ ...second, cursors: [] })).toBeUndefined();
});

test('what an address says wrongly is left out', () => {
  const state = readListState(new URLSearchParams('olderThanSeconds=-1&sort=best&state=,,'));
  expect(state).toMatchObject({ olderThanSeconds: '', sort: 'oldest', states: [] });
});

test('another filter begins at the first page', () => {
  const state = readListState(new URLSearchParams('state=parked&cursor=a&cursor=b'));
  expect(toQuery(state)).toMatchObject({ state: 'parked', cursor: 'b' });
  expect(withFilter(state, { client: 'acme' })).toMatchObject({
    states: ['parked'],
    client: 'acme',
    cursors: [],
  });
});

test('an order by client goes with the half month that it needs', () => {
  const state = readListState(new URLSearchParams('period=2026-11-H1&sort=client'));
  expect(withFilter(state, { states: ['parked'] }).sort).toBe('client');
  expect(withFilter(state, { period: '' }).sort).toBe('oldest');
});

test.each([
  ['', {}],
  ['state=parked,accepted&client=acme', { client: 'acme' }],
  [
    'period=2026-11-H1&reason=attempts_exhausted&olderThanSeconds=3600',
    { period: '2026-11-H1', reason: 'attempts_exhausted', olderThanSeconds: 3_600 },
  ],
  ['state=accepted', undefined],
])('a retry of all that match %j is of %j', (address, filter) => {
  expect(toRetryFilter(readListState(new URLSearchParams(address)))).toEqual(filter);
});
