import type { HalfMonth } from '#shared/domain/billing-period.ts';
import { invoiceIdOf } from '#shared/domain/packaging.ts';
import type { IndexEntry, IndexRange, InvoiceIndex } from './invoice-index.ts';
import type { InvoiceKey } from './invoice-store.ts';

/** Where an invoice stands in a list: of what was sorted by, and by its id where that is the same. */
export interface Place {
  /** `dueAtMs` by state, `clientRevision` by period. */
  readonly value: number | string;
  readonly id: string;
}

export interface Placed {
  readonly entry: IndexEntry;
  readonly place: Place;
}

type Ranges = Omit<IndexRange, 'partition' | 'from'> & {
  readonly partitions: readonly string[];
  /** Leaves out what comes before. */
  readonly from?: number | string;
  /** Goes on behind this place. */
  readonly after?: Place;
};

/**
 * The entries of many partitions of an index as one list in the order of their places. An entry that moves meanwhile
 * may come twice or not at all; no other does.
 */
export async function* inOrder(
  index: InvoiceIndex,
  { partitions, after, from, ...ranges }: Ranges,
  pageSize: number,
): AsyncGenerator<Placed> {
  const sign = ranges.direction === 'forward' ? 1 : -1;
  const compare = (a: Placed, b: Placed) => sign * comparePlaces(a.place, b.place);
  const start = after?.value ?? from;
  const readers = partitions.map((partition) => {
    const range = { ...ranges, partition, ...(start !== undefined && { from: start }) };
    return sortTies(index.entries(range, pageSize), ranges.index, compare);
  });
  for await (const placed of merge(readers, compare)) {
    if (!after || sign * comparePlaces(placed.place, after) > 0) yield placed;
  }
}

function comparePlaces(a: Place, b: Place): number {
  if (a.value !== b.value) return a.value < b.value ? -1 : 1;
  return a.id === b.id ? 0 : a.id < b.id ? -1 : 1;
}

/** DynamoDB gives entries of the same value in an order of its own. */
async function* sortTies(
  entries: AsyncIterable<IndexEntry>,
  index: IndexRange['index'],
  compare: (a: Placed, b: Placed) => number,
): AsyncGenerator<Placed> {
  let ties: Placed[] = [];
  for await (const entry of entries) {
    const placed = { entry, place: placeOf(entry, index) };
    if (ties[0] && ties[0].place.value !== placed.place.value) {
      yield* ties.sort(compare);
      ties = [];
    }
    ties.push(placed);
  }
  yield* ties.sort(compare);
}

async function* merge<T>(
  readers: readonly AsyncGenerator<T>[],
  compare: (a: T, b: T) => number,
): AsyncGenerator<T> {
  const heads = await Promise.all(
    readers.map(async (reader) => ({ reader, next: await reader.next() })),
  );
  for (;;) {
    let first: (typeof heads)[number] | undefined;
    for (const head of heads) {
      if (head.next.done) continue;
      if (!first || compare(head.next.value, first.next.value as T) < 0) first = head;
    }
    if (!first) return;
    yield first.next.value as T;
    first.next = await first.reader.next();
  }
}

function placeOf(entry: IndexEntry, index: IndexRange['index']): Place {
  const id = idOf(entry);
  if (index === 'by-state') return { value: Number(entry.dueAtMs), id };
  return { value: entry.clientRevision ?? '', id };
}

/** An index holds the key of the table; the id is a function of it. */
function idOf({ pk, sk }: InvoiceKey): string {
  const [, period, revision] = sk.split('#') as [string, HalfMonth, string];
  return invoiceIdOf(pk.slice('CLIENT#'.length), period, Number(revision));
}

/** The half month of an entry, by its key. */
export function periodOf({ sk }: InvoiceKey): HalfMonth {
  return sk.split('#')[1] as HalfMonth;
}
