import { partitionsOf } from '#services/packaging/public.ts';
import type { InvoiceState } from '#shared/domain/invoice.ts';
import { type DueInvoice, type InvoiceStore, nameOf } from './invoice-store.ts';

/** The oldest of a partition of the index that are looked at each time. */
const HEAD = 64;
/** Those further behind that are looked at beside them, each time the next ones. */
const STRETCH = 256;
/** The most that are put in order at a time: what comes later is found then. */
export const BATCH = 64;
/**
 * Nothing is due further ahead than the longest pause or a lease. What seems to be was written while a clock
 * was wrong, and is taken to be due.
 */
const FURTHEST_MS = 2 * 3_600_000;

/** Whether something is to be done about an invoice that is due then. */
export function isDue(dueAtMs: number, nowMs: number): boolean {
  return dueAtMs <= nowMs || dueAtMs > nowMs + FURTHEST_MS;
}

/**
 * What is due, fair among clients: each has its turns, and in a turn of its own goes what it has due for the longest.
 * A client that has had fewer turns goes before one that has had more; of those with equally many, the one whose
 * invoice is due for longer. Who comes anew is of the next round: turns are not saved up, and new ones that keep coming do
 * not keep back who waits for a second turn. This is start-time fair queueing (Goyal, Vin and Cheng, 1996) with every
 * invoice as long as the other, but for that.
 *
 * The index is read from its old end, and beside it stretch by stretch to its young one: nobody waits for another
 * client's backlog for longer than it takes to look through it.
 */
export function createDueQueue(
  store: Pick<InvoiceStore, 'dueIn'>,
  states: readonly InvoiceState[],
) {
  const partitions = states.flatMap((state) => partitionsOf(state));
  /** Where the next stretch of a partition begins. */
  const positions = new Map<string, DueInvoice>();
  const turns = new Map<string, number>();
  /** The turn of what was taken last. */
  let current = 0;
  let queue: { readonly key: DueInvoice; readonly turn: number }[] = [];

  async function readPartition(partition: string, nowMs: number): Promise<DueInvoice[]> {
    const head = await store.dueIn(partition, HEAD);
    const last = head.at(-1);
    if (head.length < HEAD || !last || last.dueAtMs > nowMs) {
      positions.delete(partition);
      return head;
    }
    const stretch = await store.dueIn(partition, STRETCH, positions.get(partition) ?? last);
    const end = stretch.at(-1);
    if (stretch.length === STRETCH && end && end.dueAtMs <= nowMs) {
      positions.set(partition, end);
    } else positions.delete(partition);
    return [...head, ...stretch];
  }

  return {
    get size() {
      return queue.length;
    },

    /** Puts in order what is due and not `isTaken`; the milliseconds until something will be, or undefined for never. */
    async fill(nowMs: number, isTaken: (name: string) => boolean): Promise<number | undefined> {
      const read = await Promise.all(partitions.map((each) => readPartition(each, nowMs)));
      const keys = new Map(read.flat().map((key) => [nameOf(key), key]));
      const free = [...keys.values()].filter((key) => !isTaken(nameOf(key)));
      queue = inTurn(
        free.filter(({ dueAtMs }) => isDue(dueAtMs, nowMs)),
        (client) => Math.max(turns.get(client) ?? current + 1, current),
      ).slice(0, BATCH);
      if (queue.length > 0) return 0;
      const waits = free.map(({ dueAtMs }) => dueAtMs - nowMs);
      return waits.length > 0 ? Math.min(...waits) : undefined;
    },

    next(): DueInvoice | undefined {
      const first = queue.shift();
      if (!first) return undefined;
      current = first.turn;
      turns.set(first.key.pk, first.turn + 1);
      return first.key;
    },

    /** Keeps the first `count`. */
    cut(count: number): void {
      queue.length = Math.min(queue.length, count);
    },
  };
}

function inTurn(keys: readonly DueInvoice[], firstTurnOf: (client: string) => number) {
  return [...Map.groupBy(keys, ({ pk }) => pk)]
    .flatMap(([client, own]) => {
      const firstTurn = firstTurnOf(client);
      return own.sort(byAge).map((key, index) => ({ key, turn: firstTurn + index }));
    })
    .sort((a, b) => a.turn - b.turn || byAge(a.key, b.key));
}

function byAge(a: DueInvoice, b: DueInvoice): number {
  return a.dueAtMs - b.dueAtMs || (nameOf(a) < nameOf(b) ? -1 : 1);
}
