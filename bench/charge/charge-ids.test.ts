import { expect, test } from '@jest/globals';
import { timeInId } from '#shared/domain/charge-id.ts';
import { chargeIds } from './charge-ids.ts';

test('ids are new and carry their time', () => {
  const next = chargeIds(1_800_000_000_123);
  const ids = Array.from({ length: 1_000 }, next);
  expect(new Set(ids).size).toBe(1_000);
  for (const id of ids) expect(timeInId(id)).toBe(1_800_000_000_123);
});
