import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { LedgerEvent } from '#shared/domain/ledger-event.ts';
import { inOrder } from './in-order.ts';

const batchAt = (recordedAtMs: number, id = '') => [{ recordedAtMs, id }] as LedgerEvent[];

async function ordered(batches: readonly LedgerEvent[][]) {
  const source = (async function* () {
    yield* batches;
  })();
  return Array.fromAsync(inOrder(source));
}

test('batches that are up to 16 places from theirs come in the order of their events', async () => {
  const batch = fc.record({ recordedAtMs: fc.nat(50), shift: fc.integer({ min: 0, max: 16 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(batch, { maxLength: 80 }), async (drawn) => {
      const batches = drawn
        .toSorted((a, b) => a.recordedAtMs - b.recordedAtMs)
        .map(({ shift }, index) => ({ batch: batchAt(index), place: index + shift }));
      const mixed = batches.toSorted((a, b) => a.place - b.place).map((each) => each.batch);
      expect(await ordered(mixed)).toEqual(batches.map((each) => each.batch));
    }),
  );
});

test('batches of one millisecond stay in the order of their ids', async () => {
  const batches = [batchAt(5, 'a'), batchAt(5, 'b'), batchAt(4, 'c'), batchAt(5, 'd')];
  expect((await ordered(batches)).map(([event]) => event?.id)).toEqual(['c', 'a', 'b', 'd']);
});

test('nothing comes of nothing', async () => {
  expect(await ordered([])).toEqual([]);
});
