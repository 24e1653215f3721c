import {
  type InvoiceHead,
  invoiceKeyOf,
  partitionsOf,
  presentSummary,
} from '#services/packaging/public.ts';
import type { InvoicePage } from '#shared/contracts/invoices.ts';
import { daysOf } from '#shared/domain/billing-period.ts';
import { INVOICE_STATES } from '#shared/domain/invoice.ts';
import { parseInvoiceId } from '#shared/domain/packaging.ts';
import { inOrder, type Place, type Placed, periodOf } from './in-order.ts';
import type { InvoiceFilter, InvoiceList } from './invoice-filter.ts';
import type { IndexEntry, InvoiceIndex } from './invoice-index.ts';
import type { InvoiceKey } from './invoice-store.ts';
import { decodeCursor, encodeCursor } from './list-cursor.ts';

/** A head with its place in the list; without one, it does not match by what the index says. */
interface Seen {
  readonly head?: InvoiceHead;
  readonly place: Place;
}

/** What is looked at for one page: a page of what is rare may be shorter than its limit and not the last. */
const MAX_ENTRIES = 10_000;
const MAX_HEADS = 1_000;

/** After so long no further look is begun: the page ends where it is, before the function's time is up. */
const MAX_LOOKING_MS = 3_000;

/** One page of the invoices that match, in a total order. */
export async function listInvoices(
  index: InvoiceIndex,
  list: InvoiceList,
  limit: number,
  nowMs: number,
  cursor?: string,
): Promise<InvoicePage> {
  const { heads, nextCursor } = await findInvoices(index, list, limit, nowMs, cursor);
  return { invoices: heads.map(presentSummary), ...(nextCursor !== undefined && { nextCursor }) };
}

/** The heads of one page. Throws `ProblemError` invalid_parameter for a cursor of another list. */
export async function findInvoices(
  index: InvoiceIndex,
  list: InvoiceList,
  limit: number,
  nowMs: number,
  cursor?: string,
): Promise<{ heads: InvoiceHead[]; nextCursor?: string }> {
  const after = cursor === undefined ? undefined : decodeCursor(cursor, list);
  const startedAtMs = performance.now();
  const heads: InvoiceHead[] = [];
  const ids = new Set<string>();
  let last: Place | undefined;
  let entries = 0;
  let looked = 0;
  for await (const { head, place } of look(index, list, limit, after)) {
    // One more has been found, so that the page before it is not the last.
    const isFull = heads.length === limit || entries >= MAX_ENTRIES || looked >= MAX_HEADS;
    if (last && (isFull || performance.now() - startedAtMs > MAX_LOOKING_MS)) {
      return { heads, nextCursor: encodeCursor(list, last) };
    }
    entries += 1;
    if (head) looked += 1;
    if (head && !ids.has(head.id) && matches(head, list.filter, nowMs)) {
      heads.push(head);
      ids.add(head.id);
    }
    last = place;
  }
  return { heads };
}

/** The index is behind the table at times; what the item itself says counts. */
function matches(head: InvoiceHead, filter: InvoiceFilter, nowMs: number): boolean {
  const { states, period, reason, olderThanSeconds } = filter;
  const ageMs = nowMs - Number(head.packagedAtMs);
  return (
    (states === undefined || states.includes(head.state)) &&
    (period === undefined || head.period === period) &&
    (reason === undefined || head.reason === reason) &&
    (olderThanSeconds === undefined || ageMs >= olderThanSeconds * 1_000)
  );
}

function look(
  index: InvoiceIndex,
  list: InvoiceList,
  limit: number,
  after: Place | undefined,
): AsyncGenerator<Seen> {
  const { client } = list.filter;
  if (client !== undefined) return lookAtClient(index, client, list, limit, after);
  return lookAtHeads(index, lookAtIndex(index, list, limit, after), list.filter, limit);
}

/** Half months begin at most so much before they do in UTC. */
const TIME_ZONES_MS = 86_400_000;

function lookAtIndex(
  index: InvoiceIndex,
  { filter, sort }: InvoiceList,
  limit: number,
  after: Place | undefined,
): AsyncGenerator<Placed> {
  const { period, states = INVOICE_STATES } = filter;
  if (sort === 'client' && period !== undefined) {
    const partitions = partitionsOf(period);
    const ranges = { index: 'by-period', direction: 'forward', partitions } as const;
    return inOrder(index, { ...ranges, ...(after && { after }) }, limit);
  }
  const direction = sort === 'newest' ? 'backward' : 'forward';
  const ranges = {
    index: 'by-state',
    direction,
    partitions: states.flatMap(partitionsOf),
  } as const;
  // Nothing is due before its half month: what is older needs no look.
  const from =
    period !== undefined && direction === 'forward'
      ? Date.parse(daysOf(period).start) - TIME_ZONES_MS
      : undefined;
  return inOrder(
    index,
    { ...ranges, ...(from !== undefined && { from }), ...(after && { after }) },
    limit,
  );
}

/** Reads the heads of what may match, `size` at a time. */
async function* lookAtHeads(
  index: InvoiceIndex,
  entries: AsyncIterable<Placed>,
  filter: InvoiceFilter,
  size: number,
): AsyncGenerator<Seen> {
  let batch: Placed[] = [];
  async function* read(): AsyncGenerator<Seen> {
    const keys = batch.map(({ entry }) => entry).filter((entry) => mayMatch(entry, filter));
    const heads = new Map((await index.headsOf(keys)).map((head) => [head.id, head]));
    for (const { place } of batch) {
      const head = heads.get(place.id);
      yield { place, ...(head && { head }) };
    }
    batch = [];
  }
  for await (const placed of entries) {
    batch.push(placed);
    if (batch.length > size) yield* read();
  }
  yield* read();
}

function mayMatch(entry: IndexEntry, { period, states }: InvoiceFilter): boolean {
  return (
    (period === undefined || periodOf(entry) === period) &&
    (states === undefined || entry.state === undefined || states.includes(entry.state))
  );
}

async function* lookAtClient(
  index: InvoiceIndex,
  client: string,
  { filter, sort }: InvoiceList,
  limit: number,
  after: Place | undefined,
): AsyncGenerator<Seen> {
  const direction = sort === 'newest' ? 'backward' : 'forward';
  let from: InvoiceKey | undefined = after && keyOf(after.id);
  do {
    const page = await index.headsOfClient(client, filter.period, direction, from, limit);
    for (const head of page.heads) {
      yield { head, place: { value: sort === 'client' ? client : 0, id: head.id } };
    }
    from = page.last;
  } while (from);
}

function keyOf(id: string): InvoiceKey {
  const parts = parseInvoiceId(id);
  if (!parts) throw new RangeError(`not an invoice id: ${id}`);
  return invoiceKeyOf(parts.client, parts.period, parts.revision);
}
