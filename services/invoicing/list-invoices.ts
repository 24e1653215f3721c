import {
  type InvoiceHead,
  invoiceKeyOf,
  partitionsOf,
  presentSummary,
} from '#services/packaging/public.ts';
import type { InvoicePage } from '#shared/contracts/invoices.ts';
import type { HalfMonth } from '#shared/domain/billing-period.ts';
import { INVOICE_STATES, type InvoiceState } from '#shared/domain/invoice.ts';
import { parseInvoiceId } from '#shared/domain/packaging.ts';
import type { IndexPosition, InvoiceKey, InvoiceStore } from './invoice-store.ts';
import { decodeCursor, encodeCursor, type ListPosition, wrongCursor } from './list-cursor.ts';
import { isRefusedInput } from './unavailable-store.ts';

export interface InvoiceFilter {
  readonly state?: InvoiceState | undefined;
  readonly client?: string | undefined;
  readonly period?: HalfMonth | undefined;
}

/** Some invoices looked at, matching or not, and from where to look on. */
interface Look {
  readonly seen: readonly { readonly head?: InvoiceHead; readonly at: ListPosition }[];
  readonly next: ListPosition | undefined;
}

/** Invoices looked at for one page: a page of a rare state may be shorter than its limit and not the last. */
const MAX_LOOKED_AT = 1_000;

/** Looks begun for one page: a look may bring few, and each takes time. */
const MAX_LOOKS = 20;

/** After so long no further look is begun: the page ends where it is, before the function's time is up. */
const MAX_LOOKING_MS = 3_000;

/** Partitions read at the same time: most are empty or small. */
const PARTITIONS_AT_ONCE = 16;

/** One page of the invoices that match. A client's come by period and revision; others in no order to rely on. */
export async function listInvoices(
  store: InvoiceStore,
  filter: InvoiceFilter,
  limit: number,
  cursor?: string,
): Promise<InvoicePage> {
  const partitions = indexPartitions(filter);
  const startedAtMs = performance.now();
  const invoices: InvoicePage['invoices'] = [];
  let position: ListPosition | undefined =
    cursor === undefined
      ? { partition: 0 }
      : decodeCursor(cursor, filter, Math.max(partitions.length, 1));
  for (let lookedAt = 0, looks = 0; position && lookedAt < MAX_LOOKED_AT; looks++) {
    if (looks === MAX_LOOKS || performance.now() - startedAtMs > MAX_LOOKING_MS) break;
    const from: ListPosition = position;
    const looking =
      filter.client === undefined
        ? lookAtIndex(store, partitions, from, limit)
        : lookAtClient(store, filter.client, filter.period, from, limit);
    const look: Look = await (looks === 0 && from.last ? fromCursor(looking) : looking);
    position = look.next;
    for (const { head, at } of look.seen) {
      lookedAt += 1;
      if (!head || !matches(head, filter)) continue;
      invoices.push(presentSummary(head));
      if (invoices.length < limit) continue;
      const isLast = at === look.seen.at(-1)?.at && look.next === undefined;
      return { invoices, ...(!isLast && { nextCursor: encodeCursor(filter, at) }) };
    }
  }
  return { invoices, ...(position && { nextCursor: encodeCursor(filter, position) }) };
}

/** What DynamoDB does not take as a place to start from was not made by `encodeCursor`. */
async function fromCursor(looking: Promise<Look>): Promise<Look> {
  try {
    return await looking;
  } catch (error) {
    throw isRefusedInput(error) ? wrongCursor(error) : error;
  }
}

/** The index is behind the table at times; what the item itself says counts. */
function matches(head: InvoiceHead, { state, period }: InvoiceFilter): boolean {
  return (
    (state === undefined || head.state === state) &&
    (period === undefined || head.period === period)
  );
}

function indexPartitions({ client, period, state }: InvoiceFilter): IndexPosition[] {
  if (client !== undefined) return [];
  if (period !== undefined) {
    return partitionsOf(period).map((partition) => ({ index: 'by-period', partition }));
  }
  const states = state === undefined ? INVOICE_STATES : [state];
  return states.flatMap(partitionsOf).map((partition) => ({ index: 'by-state', partition }));
}

async function lookAtIndex(
  store: InvoiceStore,
  partitions: readonly IndexPosition[],
  from: ListPosition,
  limit: number,
): Promise<Look> {
  const group = partitions.slice(from.partition, from.partition + PARTITIONS_AT_ONCE);
  const pages = await Promise.all(
    group.map((position, index) => {
      const after = index === 0 && from.last ? indexKeyOf(position, from.last) : undefined;
      return store.keysOf({ ...position, ...(after && { after }) }, limit);
    }),
  );
  const keys = pages
    .flatMap((page, index) => page.map((key) => ({ ...key, partition: from.partition + index })))
    .slice(0, limit);
  const heads = new Map((await store.headsOf(keys)).map((head) => [`${head.pk}|${head.sk}`, head]));
  const seen = keys.map(({ pk, sk, dueAtMs, partition }) => {
    const head = heads.get(`${pk}|${sk}`);
    const last = { id: idOf({ pk, sk }), dueAtMs: Number(dueAtMs ?? 0) };
    return { ...(head && { head }), at: { partition, last } };
  });
  if (seen.length === limit) return { seen, next: seen.at(-1)?.at };
  const nextPartition = from.partition + group.length;
  return {
    seen,
    next: nextPartition < partitions.length ? { partition: nextPartition } : undefined,
  };
}

async function lookAtClient(
  store: InvoiceStore,
  client: string,
  period: HalfMonth | undefined,
  from: ListPosition,
  limit: number,
): Promise<Look> {
  const after = from.last && keyOf(from.last.id);
  const { heads, last } = await store.headsOfClient(client, period, after, limit);
  const positionAt = (id: string): ListPosition => ({ partition: 0, last: { id, dueAtMs: 0 } });
  return {
    seen: heads.map((head) => ({ head, at: positionAt(head.id) })),
    next: last && positionAt(idOf(last)),
  };
}

/** The key of an index entry, rebuilt from what a cursor carries. */
function indexKeyOf(
  { index, partition }: IndexPosition,
  { id, dueAtMs }: { readonly id: string; readonly dueAtMs: number },
): Record<string, string | number> {
  return index === 'by-state'
    ? { ...keyOf(id), statePartition: partition, dueAtMs }
    : { ...keyOf(id), periodPartition: partition, id };
}

function keyOf(id: string): InvoiceKey {
  const parts = parseInvoiceId(id);
  if (!parts) throw new RangeError(`not an invoice id: ${id}`);
  return invoiceKeyOf(parts.client, parts.period, parts.revision);
}

/** An index holds the key of the table only; the id is a function of it. */
function idOf({ pk, sk }: InvoiceKey): string {
  const [, period, revision] = sk.split('#');
  return `${period}.${Number(revision)}.${pk.slice('CLIENT#'.length)}`;
}
