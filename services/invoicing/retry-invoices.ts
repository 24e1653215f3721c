import pMap from 'p-map';
import { type InvoiceHead, invoiceKeyOf } from '#services/packaging/public.ts';
import {
  MAX_RETRIES_AT_ONCE,
  type RetriesAnswer,
  type RetriesBody,
} from '#shared/contracts/invoices.ts';
import { afterRetry } from '#shared/domain/invoice.ts';
import { parseInvoiceId } from '#shared/domain/packaging.ts';
import { log } from '#shared/platform/log.ts';
import type { InvoiceIndex } from './invoice-index.ts';
import type { InvoiceStore } from './invoice-store.ts';
import { findInvoices } from './list-invoices.ts';
import { retryInvoice } from './retry-invoice.ts';

const RETRIES_AT_ONCE = 8;

/** An invoice that was asked for: as it was found, or why not. */
type Found = { readonly id: string; readonly head?: InvoiceHead };

/** What came of one: how it goes on, or why it was left. */
type Result =
  | { readonly type: 'submit' | 'look_up'; readonly reason: string }
  | { readonly type: 'left'; readonly id: string; readonly why: string };

/**
 * Takes parked invoices up again, each by itself: what fails of one is told and keeps no other. Asked again after a lost
 * answer, it finds them taken up. A dry run only says what it would do.
 */
export async function retryInvoices(
  store: InvoiceStore,
  index: InvoiceIndex,
  body: RetriesBody,
  nowMs: number,
  keyId: string,
): Promise<RetriesAnswer> {
  const { found, nextCursor } = await find(index, body, nowMs);
  const results = await pMap(
    found,
    (one) => (body.dryRun ? foresee(one) : retry(store, one, nowMs, keyId)),
    { concurrency: RETRIES_AT_ONCE },
  );
  return { ...summarize(results), ...(nextCursor !== undefined && { nextCursor }) };
}

async function find(index: InvoiceIndex, { ids, filter, cursor }: RetriesBody, nowMs: number) {
  if (ids) return { found: await named(index, ids) };
  // What is parked again meanwhile is newer than all that is still to come: each is taken up once.
  const list = { filter: { ...filter, states: ['parked'] }, sort: 'newest' } as const;
  const { heads, nextCursor } = await findInvoices(index, list, MAX_RETRIES_AT_ONCE, nowMs, cursor);
  return { found: heads.map((head): Found => ({ id: head.id, head })), nextCursor };
}

async function named(index: InvoiceIndex, ids: readonly string[]): Promise<Found[]> {
  const unique = [...new Set(ids)];
  const keys = unique.flatMap((id) => keyOf(id) ?? []);
  const heads = new Map((await index.headsOf(keys)).map((head) => [head.id, head]));
  return unique.map((id) => {
    const head = heads.get(id);
    return { id, ...(head && { head }) };
  });
}

function keyOf(id: string) {
  const parts = parseInvoiceId(id);
  return parts && invoiceKeyOf(parts.client, parts.period, parts.revision);
}

async function foresee({ id, head }: Found): Promise<Result> {
  if (!head) return { type: 'left', id, why: 'not_found' };
  const next = afterRetry(head.state, head.reason);
  if (!next) return { type: 'left', id, why: head.state };
  return begun(next.state, head.reason);
}

async function retry(
  store: InvoiceStore,
  { id, head }: Found,
  nowMs: number,
  keyId: string,
): Promise<Result> {
  if (!head) return { type: 'left', id, why: 'not_found' };
  try {
    const result = await retryInvoice(store, head, nowMs, keyId);
    if (result.type === 'retried') return begun(result.item.state, head.reason);
    const why = result.type === 'not_found' ? 'not_found' : result.state;
    return { type: 'left', id, why };
  } catch (error) {
    log.warn('retry', { id, error: error as Error });
    return { type: 'left', id, why: 'unavailable' };
  }
}

function begun(state: string, reason = 'parked'): Result {
  return { type: state === 'packaged' ? 'submit' : 'look_up', reason };
}

function summarize(results: readonly Result[]): RetriesAnswer {
  const byReason: Record<string, number> = {};
  const count = { submit: 0, look_up: 0 };
  const left: RetriesAnswer['left'] = [];
  for (const result of results) {
    if (result.type === 'left') {
      left.push({ id: result.id, why: result.why });
    } else {
      count[result.type] += 1;
      byReason[result.reason] = (byReason[result.reason] ?? 0) + 1;
    }
  }
  return { submit: count.submit, lookUp: count.look_up, byReason, left };
}
