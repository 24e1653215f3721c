import type { InvoiceItem } from '#services/packaging/public.ts';
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
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const item = await store.get(key);
    if (!item) return { type: 'not_found' };
    const next = afterRetry(item.state, item.reason);
    if (!next) return { type: 'not_retryable', state: item.state };
    const written = await store.change(item, {
      state: next.state,
      attempts: next.attempts,
      dueAtMs: nowMs + next.dueInMs,
      nowMs,
      entry: {
        atMs: BigInt(nowMs),
        call: 'retry',
        answer: next.state === 'packaged' ? 'will_submit' : 'will_look_up',
        detail: `${item.reason ?? 'parked'}; asked for with API key ${keyId}`,
      },
    });
    if (written.type === 'changed') return { type: 'retried', item: written.item };
  }
  throw new Error(`invoice ${key.pk} ${key.sk} kept changing`);
}
