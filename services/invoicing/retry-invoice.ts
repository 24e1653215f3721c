import { isDeepStrictEqual } from 'node:util';
import type { HistoryEntry, InvoiceItem } from '#services/packaging/public.ts';
import { afterRetry, type InvoiceState } from '#shared/domain/invoice.ts';
import type { InvoiceKey, InvoiceStore } from './invoice-store.ts';

export type RetryResult =
  | { readonly type: 'retried'; readonly item: InvoiceItem }
  | { readonly type: 'not_found' }
  | { readonly type: 'not_retryable'; readonly state: InvoiceState };

const MAX_ROUNDS = 3;

/** Takes a parked invoice up again at the wish of a person: its attempts count anew, its history stays. */
export async function retryInvoice(
  store: InvoiceStore,
  key: InvoiceKey,
  nowMs: number,
  keyId: string,
): Promise<RetryResult> {
  let entry: HistoryEntry | undefined;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const item = await store.get(key);
    if (!item) return { type: 'not_found' };
    if (entry && isLast(entry, item)) return { type: 'retried', item };
    const next = afterRetry(item.state, item.reason);
    if (!next) return { type: 'not_retryable', state: item.state };
    entry = {
      atMs: BigInt(nowMs),
      call: 'retry',
      answer: next.state === 'packaged' ? 'will_submit' : 'will_look_up',
      detail: `${item.reason ?? 'parked'}; asked for with API key ${keyId}`,
    };
    const written = await store.change(item, {
      state: next.state,
      attempts: next.attempts,
      dueAtMs: nowMs + next.dueInMs,
      nowMs,
      entry,
    });
    if (written.type === 'changed') return { type: 'retried', item: written.item };
  }
  throw new Error(`invoice ${key.pk} ${key.sk} kept changing`);
}

/** A change whose answer came too late is sent again by the SDK, and fails by what it has done itself. */
function isLast(entry: HistoryEntry, { history }: InvoiceItem): boolean {
  return isDeepStrictEqual(history.at(-1), entry);
}
