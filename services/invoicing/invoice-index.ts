import { setTimeout as delay } from 'node:timers/promises';
import {
  BatchGetCommand,
  type BatchGetCommandInput,
  type BatchGetCommandOutput,
  QueryCommand,
} from '@aws-sdk/lib-dynamodb';
import { type InvoiceHead, type InvoiceItem, partitionsOf } from '#services/packaging/public.ts';
import type { HalfMonth } from '#shared/domain/billing-period.ts';
import { type Dynamo, queryItems } from '#shared/platform/dynamo.ts';
import { type InvoiceKey, nameOf } from './invoice-store.ts';

export type Direction = 'forward' | 'backward';

/** Some of a partition of an index, in the order of `dueAtMs` (`by-state`) or `clientRevision` (`by-period`). */
export interface IndexRange {
  readonly index: 'by-state' | 'by-period';
  readonly partition: string;
  readonly direction: Direction;
  /** Begins with this value of what the index is sorted by. */
  readonly from?: number | string;
}

/** What an index holds of an invoice. It lags behind the table: a hint, to be checked by the head. */
export interface IndexEntry extends InvoiceKey {
  readonly dueAtMs: bigint;
  /** Only by period. */
  readonly state?: InvoiceItem['state'];
  readonly clientRevision?: string;
}

/** What is counted of an invoice of a half month, without reading it. */
export type PeriodEntry = Pick<
  InvoiceItem,
  | 'state'
  | 'currency'
  | 'totalMicros'
  | 'calls'
  | 'polls'
  | 'begunAtMs'
  | 'dueAtMs'
  | 'packagedAtMs'
  | 'updatedAtMs'
  | 'reason'
>;

/** Some heads in order; with `last`, the key of the last one read, there may be more after it. */
export interface HeadPage {
  readonly heads: readonly InvoiceHead[];
  readonly last?: InvoiceKey;
}

/** The invoices by state, by half month and by client, for those who look at them. */
export interface InvoiceIndex {
  /** A partition from `from` on, `pageSize` entries a request. */
  entries(range: IndexRange, pageSize: number): AsyncIterable<IndexEntry>;
  /** All invoices of a half month, in no order. */
  entriesOfPeriod(period: HalfMonth): Promise<PeriodEntry[]>;
  /** The heads of these invoices, each once, in the order of the keys; those that are gone are left out. */
  headsOf(keys: readonly InvoiceKey[]): Promise<InvoiceHead[]>;
  /** The invoices of a client by period and revision. Whole items count for the 1 MB of a page: it may be short. */
  headsOfClient(
    client: string,
    period: HalfMonth | undefined,
    direction: Direction,
    after: InvoiceKey | undefined,
    limit: number,
  ): Promise<HeadPage>;
}

const HEAD_NAMES = Object.fromEntries(
  [
    ...['pk', 'sk', 'id', 'client', 'period', 'revision', 'currency', 'totalMicros'],
    ...['packagedAtMs', 'state', 'dueAtMs', 'version', 'attempts', 'reason', 'detail'],
    ...['updatedAtMs', 'carriedTo', 'supersededBy'],
  ].map((name) => [`#${name}`, name]),
);
const HEAD = {
  ProjectionExpression: Object.keys(HEAD_NAMES).join(', '),
  ExpressionAttributeNames: HEAD_NAMES,
};

const SORTED_BY = { 'by-state': 'dueAtMs', 'by-period': 'clientRevision' } as const;
const PARTITIONED_BY = { 'by-state': 'statePartition', 'by-period': 'periodPartition' } as const;

export function createInvoiceIndex(dynamo: Dynamo, table: string): InvoiceIndex {
  return {
    entries({ index, partition, direction, from }, pageSize) {
      const isForward = direction === 'forward';
      const range = from === undefined ? '' : ` AND #sort ${isForward ? '>=' : '<='} :from`;
      return queryItems<IndexEntry>(dynamo, {
        TableName: table,
        IndexName: index,
        KeyConditionExpression: `#partition = :partition${range}`,
        ExpressionAttributeNames: {
          '#partition': PARTITIONED_BY[index],
          ...(from !== undefined && { '#sort': SORTED_BY[index] }),
        },
        ExpressionAttributeValues: {
          ':partition': partition,
          ...(from !== undefined && { ':from': from }),
        },
        ScanIndexForward: isForward,
        Limit: pageSize,
      });
    },

    async entriesOfPeriod(period) {
      const buckets = await Promise.all(
        partitionsOf(period).map((partition) =>
          Array.fromAsync(
            queryItems<PeriodEntry>(dynamo, {
              TableName: table,
              IndexName: 'by-period',
              KeyConditionExpression: 'periodPartition = :partition',
              ExpressionAttributeValues: { ':partition': partition },
            }),
          ),
        ),
      );
      return buckets.flat();
    },

    async headsOf(keys) {
      const found = new Map<string, InvoiceHead>();
      // An invoice that moves meanwhile is seen in two places; DynamoDB refuses a key that comes twice.
      const unique = [...new Map(keys.map((key) => [nameOf(key), key])).values()];
      for (let start = 0; start < unique.length; start += MAX_BATCH) {
        const batch = unique.slice(start, start + MAX_BATCH);
        for (const head of await readBatch(dynamo, table, batch)) found.set(nameOf(head), head);
      }
      return unique.map((key) => found.get(nameOf(key))).filter((head) => head !== undefined);
    },

    async headsOfClient(client, period, direction, after, limit) {
      const { Items = [], LastEvaluatedKey } = await dynamo.send(
        new QueryCommand({
          TableName: table,
          ...HEAD,
          KeyConditionExpression: '#pk = :pk AND begins_with(#sk, :sk)',
          ExpressionAttributeValues: {
            ':pk': `CLIENT#${client}`,
            ':sk': period ? `INVOICE#${period}#` : 'INVOICE#',
          },
          ScanIndexForward: direction === 'forward',
          Limit: limit,
          ...(after && { ExclusiveStartKey: after }),
        }),
      );
      return {
        heads: Items as InvoiceHead[],
        ...(LastEvaluatedKey && { last: LastEvaluatedKey as InvoiceKey }),
      };
    },
  };
}

const MAX_BATCH = 100;
const MAX_ROUNDS = 5;
const PAUSE_MS = 50;

async function readBatch(
  dynamo: Dynamo,
  table: string,
  keys: readonly InvoiceKey[],
): Promise<InvoiceHead[]> {
  const heads: InvoiceHead[] = [];
  let requests: BatchGetCommandInput['RequestItems'] = {
    [table]: { Keys: keys.map(({ pk, sk }) => ({ pk, sk })), ...HEAD },
  };
  for (let round = 0; Object.keys(requests ?? {}).length > 0; round++) {
    if (round === MAX_ROUNDS) throw new Error(`DynamoDB left reads of ${table} unprocessed`);
    if (round > 0) await delay(PAUSE_MS * 2 ** (round - 1));
    const result: BatchGetCommandOutput = await dynamo.send(
      new BatchGetCommand({ RequestItems: requests }),
    );
    heads.push(...((result.Responses?.[table] ?? []) as InvoiceHead[]));
    requests = result.UnprocessedKeys;
  }
  return heads;
}
