import { expect, test } from '@jest/globals';
import { isMetered, type LedgerEvent } from './ledger-event.ts';

test.each([
  ['opening', false],
  ['top_up', false],
  ['adjustment', false],
  ['charge', true],
  ['usage', true],
] as const)('%s is metered: %s', (kind, isSo) => {
  expect(isMetered({ kind } as LedgerEvent)).toBe(isSo);
});
