import { httpHandler, json } from '#shared/platform/http.ts';
import { orTryAgain } from '#shared/platform/problem-error.ts';
import { presentPrices } from '../present-prices.ts';
import { readPriceList } from '../price-list-store.ts';
import { wirePrices } from '../wiring.ts';

export const handler = httpHandler({ scope: 'operate' }, async () => {
  const prices = await orTryAgain(
    readPriceList(wirePrices()),
    'The price list could not be read; ask again.',
  );
  return json(200, presentPrices(prices));
});
