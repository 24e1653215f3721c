import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { countPeriod } from './count-period.ts';
import { createInvoiceIndex } from './invoice-index.ts';
import { createInvoicesTable } from './testing/invoices-table.ts';
import { PARKED_PERIOD, PARKED_PERIOD_COUNT } from './testing/parked-period.ts';

let table: Awaited<ReturnType<typeof createInvoicesTable>>;
beforeAll(async () => {
  table = await createInvoicesTable();
});
afterAll(() => table.remove());

test('the index of half months holds all that is counted, the reasons included', async () => {
  await table.put(PARKED_PERIOD);
  const index = createInvoiceIndex(table.dynamo, table.name);
  expect(await countPeriod(index, '2026-10-H1')).toMatchObject(PARKED_PERIOD_COUNT);
});
