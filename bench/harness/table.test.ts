import { expect, test } from '@jest/globals';
import { formatTable, thousands, whole } from './table.ts';

test('the first column stands to the left, the others to the right, none is cut', () => {
  const table = formatTable(
    ['engine', 'a second'],
    [['PING', '12,345'], ['bare script', '9'], ['-']],
  );
  expect(table.split('\n')).toEqual([
    '  engine       a second',
    '  ─────────────────────',
    '  PING           12,345',
    '  bare script         9',
    '  -',
  ]);
});

test('numbers', () => {
  expect([whole(1_234_567.4), whole(9)]).toEqual(['1,234,567', '9']);
  expect([thousands(950), thousands(12_345), thousands(234_567)]).toEqual([
    '0.9k',
    '12.3k',
    '235k',
  ]);
});
