import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { PriceList } from '#shared/domain/price.ts';
import { createOwnTable, type OwnTable } from '#shared/testing/own-table.ts';
import { putPriceList, readPriceList } from './price-list-store.ts';

let prices: OwnTable;

beforeAll(async () => {
  prices = await createOwnTable('prices');
});
afterAll(() => prices.remove());

const list: PriceList = new Map([
  ['*', { currency: 'USD', amountMicros: 1n, perQuantityMicros: 1_000_000n }],
  ['sms', { currency: 'EUR', amountMicros: 75_000n, perQuantityMicros: 1_000_000n }],
  ['tokens', { currency: 'USD', amountMicros: 2_500_000n, perQuantityMicros: 10n ** 12n }],
  ['dear', { currency: 'JPY', amountMicros: 10n ** 15n, perQuantityMicros: 1n }],
]);

test('a list reads back as it was put', async () => {
  expect(await readPriceList(prices)).toEqual(new Map());
  await putPriceList(prices, list);
  expect(await readPriceList(prices)).toEqual(list);
});

test('a price that is put again is replaced; the others stay', async () => {
  await putPriceList(prices, list);
  const dearer = { currency: 'EUR', amountMicros: 80_000n, perQuantityMicros: 1_000_000n };
  await putPriceList(prices, new Map([['sms', dearer]]));
  expect(await readPriceList(prices)).toEqual(new Map([...list, ['sms', dearer]]));
});
