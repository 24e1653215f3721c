import { expect, test } from '@jest/globals';
import { countPeriod } from './count-period.ts';
import { invoiceItem, memoryStore } from './testing/memory-store.ts';
import { PARKED_PERIOD, PARKED_PERIOD_COUNT } from './testing/parked-period.ts';

test('what is parked is counted by its reason as well, in number and amount', async () => {
  const other = invoiceItem({ state: 'parked', reason: 'attempts_exhausted' });
  const count = await countPeriod(memoryStore([...PARKED_PERIOD, other]), '2026-10-H1');
  expect(count).toMatchObject(PARKED_PERIOD_COUNT);
  expect(count.parkedByReason).toEqual(PARKED_PERIOD_COUNT.parkedByReason);
  expect(count.invoices).toHaveLength(PARKED_PERIOD.length);
});

test('a half month without any has none', async () => {
  expect(await countPeriod(memoryStore([]), '2026-10-H1')).toEqual({
    byState: {},
    amountByState: {},
    parkedByReason: {},
    parkedAmountByReason: {},
    invoices: [],
  });
});
