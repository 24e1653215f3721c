import { gunzipSync, gzipSync } from 'node:zlib';
import { decodeEvents, encodeEvents, type SealedBatch } from '#shared/contracts/sealed-batch.ts';
import type { AccountEvent } from '#shared/domain/ledger-event.ts';
import { type Dynamo, putItems, queryItems, scanItems } from '#shared/platform/dynamo.ts';

/**
 * Owns the entries table: the account events of each client once more, in the order of time. One immutable item holds
 * those of one client in one batch, which as a part of a batch never outgrows an item of DynamoDB.
 */
export interface EntryStore {
  readonly dynamo: Dynamo;
  readonly table: string;
}

/** The account events of one client in one batch, in their order. */
export interface EntryItem {
  /** Sorts the items of a client by the time of their first event. */
  readonly key: string;
  readonly events: readonly AccountEvent[];
}

interface StoredItem {
  readonly pk: string;
  readonly sk: string;
  /** JSON array of the events, gzip. */
  readonly events: Uint8Array;
}

/** `<first event recorded at, ms>#<batch>` */
export const ENTRY_KEY = /^\d{13}#[0-9A-Z]{26}$/;

/** No key of an item: sorts behind those whose first event was recorded then, and before all later ones. */
export function keyAfter(recordedAtMs: number): string {
  return `${timeText(recordedAtMs)}#~`;
}

function timeText(timeMs: number): string {
  return String(Math.max(timeMs, 0)).padStart(13, '0');
}

function partitionOf(client: string): string {
  return `CLIENT#${client}`;
}

/** Puts the entries of one batch, keyed by it: putting them again writes the same bytes. */
export async function putEntries(store: EntryStore, { batch, events }: SealedBatch): Promise<void> {
  const byClient = Map.groupBy(
    events.filter((event) => event.kind !== 'usage'),
    ({ client }) => client,
  );
  await putItems(
    store.dynamo,
    store.table,
    [...byClient].map(([client, ofClient]) => ({
      pk: partitionOf(client),
      sk: `${timeText((ofClient[0] as AccountEvent).recordedAtMs)}#${batch}`,
      events: gzipSync(encodeEvents(ofClient)),
    })),
  );
}

export type Direction = 'older' | 'newer';

/** Items of one request: enough for most pages, few enough not to read much in vain. */
const ITEMS_AT_ONCE = 10;

/** The items of a client from a key on, this included. Without a key, from the end where the reading begins. */
export async function* readEntryItems(
  store: EntryStore,
  client: string,
  direction: Direction,
  from?: string,
): AsyncGenerator<EntryItem> {
  const isOlder = direction === 'older';
  const items = queryItems<StoredItem>(store.dynamo, {
    TableName: store.table,
    ConsistentRead: true,
    KeyConditionExpression: from ? `pk = :pk AND sk ${isOlder ? '<=' : '>='} :from` : 'pk = :pk',
    ExpressionAttributeValues: { ':pk': partitionOf(client), ...(from && { ':from': from }) },
    ScanIndexForward: !isOlder,
    Limit: ITEMS_AT_ONCE,
  });
  for await (const item of items) yield toEntryItem(item);
}

/** The events of all entries, in no order to rely on, for audits. */
export async function* readAllEntries(store: EntryStore): AsyncGenerator<AccountEvent> {
  const items = scanItems<StoredItem>(store.dynamo, {
    TableName: store.table,
    ConsistentRead: true,
  });
  for await (const item of items) yield* toEntryItem(item).events;
}

function toEntryItem({ sk, events }: StoredItem): EntryItem {
  return { key: sk, events: decodeEvents(gunzipSync(events).toString('utf8')) as AccountEvent[] };
}
