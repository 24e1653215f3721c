import type { PriceList } from '#shared/domain/price.ts';
import { type PriceListStore, readPriceList } from './price-list-store.ts';

/** What other services may read of pricing. */

/** How long a reader may rate by the list it read before. */
export const PRICES_CACHED_MS = 30_000;

/** A reader of the price list that asks the table at most every 30 seconds. */
export function cachedPriceList(
  store: PriceListStore,
  nowMs: () => number,
): () => Promise<PriceList> {
  let list: Promise<PriceList> | undefined;
  let readAtMs = 0;
  return () => {
    if (!list || nowMs() - readAtMs >= PRICES_CACHED_MS) {
      readAtMs = nowMs();
      const read = readPriceList(store);
      read.catch(() => {
        if (list === read) list = undefined;
      });
      list = read;
    }
    return list;
  };
}
