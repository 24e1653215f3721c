import * as z from 'zod/mini';
import { connectImpatientDynamo } from '#shared/platform/dynamo.ts';
import { readEnv, text } from '#shared/platform/env.ts';
import { once } from '#shared/platform/once.ts';
import type { PriceListStore } from './price-list-store.ts';

export const wirePrices = once((): PriceListStore => {
  const { PRICES_TABLE } = readEnv(z.object({ PRICES_TABLE: text }));
  return { dynamo: connectImpatientDynamo(), table: PRICES_TABLE };
});
