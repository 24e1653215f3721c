import {
  type EntryItem,
  type EntryStore,
  keyAfter,
  readEntryItems,
} from '#services/aggregation/public.ts';
import type { CaptureEvent, ChargeEvent } from '#shared/domain/ledger-event.ts';

export interface ChargeKey {
  readonly kind: 'charge' | 'capture';
  readonly id: string;
}

/** When a charge was recorded, about: where to look for it first, and how far to either side. */
export interface SearchTime {
  readonly atMs: number;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Items looked at for one charge. A client that is charged all the time has one a second. */
const MAX_ITEMS = 200;

/** After so long no further item is looked at, before the function's time is up. */
const MAX_SEARCH_MS = 3_000;

/**
 * A charge or a capture among the entries of its client: looks at what was recorded just before and just after `atMs`
 * and goes on to both sides. Undefined where there is none, or none within what one request may look at.
 */
export async function findCharge(
  store: EntryStore,
  client: string,
  { kind, id }: ChargeKey,
  time: SearchTime,
): Promise<ChargeEvent | CaptureEvent | undefined> {
  const startedAtMs = performance.now();
  let looked = 0;
  for await (const { events } of itemsAround(store, client, time)) {
    const found = events.find(
      (event): event is ChargeEvent | CaptureEvent =>
        event.kind === kind && event.id === id && isWithin(event.recordedAtMs, time),
    );
    if (found) return found;
    looked += 1;
    if (looked === MAX_ITEMS || performance.now() - startedAtMs > MAX_SEARCH_MS) return undefined;
  }
  return undefined;
}

function isWithin(timeMs: number, { fromMs, untilMs }: SearchTime): boolean {
  return timeMs >= fromMs && timeMs <= untilMs;
}

async function* itemsAround(
  store: EntryStore,
  client: string,
  { atMs, fromMs, untilMs }: SearchTime,
): AsyncGenerator<EntryItem> {
  const middle = keyAfter(atMs);
  // The first one before the time may hold what was recorded then: the key of an item tells when it begins.
  const older = upTo(readEntryItems(store, client, 'older', middle), ({ key }) => {
    return key < keyAfter(fromMs - 1);
  });
  const newer = upTo(readEntryItems(store, client, 'newer', middle), ({ key }) => {
    return key > keyAfter(untilMs);
  });
  yield* inTurns(older, newer);
}

/** The items of a source up to the first that is the last to matter, this included. */
async function* upTo<T>(
  source: AsyncGenerator<T>,
  isLast: (item: T) => boolean,
): AsyncGenerator<T> {
  for await (const item of source) {
    yield item;
    if (isLast(item)) return;
  }
}

async function* inTurns<T>(...sources: AsyncGenerator<T>[]): AsyncGenerator<T> {
  let open = sources;
  while (open.length > 0) {
    const still: typeof open = [];
    for (const source of open) {
      const next = await source.next();
      if (next.done) continue;
      yield next.value;
      still.push(source);
    }
    open = still;
  }
}
