import { formatAmount, formatMicros, parseMicros } from '#shared/domain/money.ts';
import type { Price, PriceList } from '#shared/domain/price.ts';
import { type Dynamo, putItems, queryItems } from '#shared/platform/dynamo.ts';

/** Owns the prices table: one item per meter. */
export interface PriceListStore {
  readonly dynamo: Dynamo;
  readonly table: string;
}

const PARTITION = 'PRICE_LIST';

interface PriceItem {
  readonly sk: string;
  readonly currency: string;
  readonly amount: string;
  readonly per: string;
}

export async function readPriceList(store: PriceListStore): Promise<PriceList> {
  const prices = new Map<string, Price>();
  const items = queryItems<PriceItem>(store.dynamo, {
    TableName: store.table,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': PARTITION },
  });
  for await (const item of items) {
    prices.set(item.sk, {
      currency: item.currency,
      amountMicros: parseMicros(item.amount) as bigint,
      perQuantityMicros: parseMicros(item.per) as bigint,
    });
  }
  return prices;
}

/** Adds or replaces the prices of the listed meters. Applies to usage recorded from then on (within the time a reader caches it). */
export async function putPriceList(store: PriceListStore, list: PriceList): Promise<void> {
  await putItems(
    store.dynamo,
    store.table,
    [...list].map(([meter, price]) => ({
      pk: PARTITION,
      sk: meter,
      currency: price.currency,
      amount: formatAmount(price.amountMicros),
      per: formatMicros(price.perQuantityMicros),
    })),
  );
}
