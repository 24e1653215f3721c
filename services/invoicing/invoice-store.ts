import { setTimeout as delay } from 'node:timers/promises';
import {
  BatchGetCommand,
  type BatchGetCommandInput,
  type BatchGetCommandOutput,
  GetCommand,
  QueryCommand,
  type QueryCommandInput,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import {
  type HistoryEntry,
  type InvoiceHead,
  type InvoiceItem,
  partitionsOf,
  statePartitionOf,
} from '#services/packaging/public.ts';
import type { HalfMonth } from '#shared/domain/billing-period.ts';
import { type InvoiceState, RESTING_STATES } from '#shared/domain/invoice.ts';
import { type Dynamo, isConditionFailure } from '#shared/platform/dynamo.ts';

export interface InvoiceKey {
  readonly pk: string;
  readonly sk: string;
}

export interface DueInvoice extends InvoiceKey {
  readonly dueAtMs: number;
}

/** What a change sets. What it leaves out of `reason` and `detail` is removed from the item. */
export interface InvoiceChange {
  readonly state: InvoiceState;
  readonly dueAtMs: number;
  readonly attempts: number;
  readonly nowMs: number;
  readonly entry?: HistoryEntry;
  readonly reason?: string;
  readonly detail?: string;
}

/** `lease_lost`: someone else has changed the item since it was read. Nothing was written. */
export type Transition =
  | { readonly type: 'changed'; readonly item: InvoiceItem }
  | { readonly type: 'lease_lost' };

/** A partition of an index, and where its entries begin or go on. */
export interface IndexPosition {
  readonly index: 'by-state' | 'by-period';
  readonly partition: string;
  /** The key of the entry before, with the index's own attributes. */
  readonly after?: Readonly<Record<string, string | number>>;
}

/** Some heads in order; with `last`, the key of the last one read, there may be more after it. */
export interface HeadPage {
  readonly heads: readonly InvoiceHead[];
  readonly last?: InvoiceKey;
}

export interface InvoiceStore {
  get(key: InvoiceKey): Promise<InvoiceItem | undefined>;
  oldest(state: InvoiceState, limit: number): Promise<DueInvoice[]>;
  change(item: InvoiceItem, change: InvoiceChange): Promise<Transition>;
  keysOf(position: IndexPosition, limit: number): Promise<(InvoiceKey & { dueAtMs?: bigint })[]>;
  headsOf(keys: readonly InvoiceKey[]): Promise<InvoiceHead[]>;
  headsOfClient(
    client: string,
    period: HalfMonth | undefined,
    after: InvoiceKey | undefined,
    limit: number,
  ): Promise<HeadPage>;
}

/** Entries kept while an invoice is under way; what ends it, and what a person asks for, is always kept. */
export const MAX_HISTORY = 200;

const HEAD_NAMES = Object.fromEntries(
  [
    ...[
      'pk',
      'sk',
      'id',
      'client',
      'period',
      'revision',
      'currency',
      'totalMicros',
      'packagedAtMs',
    ],
    ...['state', 'dueAtMs', 'version', 'attempts', 'reason', 'detail', 'updatedAtMs'],
    ...['carriedTo', 'supersededBy'],
  ].map((name) => [`#${name}`, name]),
);
const HEAD = {
  ProjectionExpression: Object.keys(HEAD_NAMES).join(', '),
  ExpressionAttributeNames: HEAD_NAMES,
};

/** The sending attributes of the packages in the invoices table: read here, and changed only here. */
export function createInvoiceStore(dynamo: Dynamo, table: string): InvoiceStore {
  const query = (input: Omit<QueryCommandInput, 'TableName'>) =>
    dynamo.send(new QueryCommand({ TableName: table, ...input }));

  /** An index holds keys only: `limit` of them are far from the 1 MB at which DynamoDB ends a page early. */
  async function queryIndex<T>(position: IndexPosition, limit: number): Promise<T[]> {
    const { Items = [] } = await query(indexQuery(position, limit));
    return Items as T[];
  }

  return {
    /** The item as it is now, never as it was. */
    async get({ pk, sk }) {
      const { Item } = await dynamo.send(
        new GetCommand({ TableName: table, Key: { pk, sk }, ConsistentRead: true }),
      );
      return Item as InvoiceItem | undefined;
    },

    /**
     * The invoices in this state that are due first, whether due by now or later, in the order of their
     * due times. The index lags behind the table: what it says is a hint to be checked by `get`.
     */
    async oldest(state, limit) {
      const buckets = await Promise.all(
        partitionsOf(state).map((partition) =>
          queryIndex<InvoiceKey & { dueAtMs: bigint }>({ index: 'by-state', partition }, limit),
        ),
      );
      return buckets
        .flat()
        .map(({ pk, sk, dueAtMs }) => ({ pk, sk, dueAtMs: Number(dueAtMs) }))
        .sort((a, b) => a.dueAtMs - b.dueAtMs)
        .slice(0, limit);
    },

    /** Changes `item` if it still is what was read; every change makes what others have read worthless. */
    async change(item, change) {
      const changed = applyChange(item, change);
      try {
        await dynamo.send(new UpdateCommand({ TableName: table, ...updateOf(item, changed) }));
        return { type: 'changed', item: changed };
      } catch (error) {
        if (isConditionFailure(error)) return { type: 'lease_lost' };
        throw error;
      }
    },

    async keysOf(position, limit) {
      return queryIndex(position, limit);
    },

    /** The heads of these invoices, in the order of the keys; those that are gone are left out. */
    async headsOf(keys) {
      const found = new Map<string, InvoiceHead>();
      for (let start = 0; start < keys.length; start += MAX_BATCH) {
        const batch = keys.slice(start, start + MAX_BATCH);
        for (const head of await readBatch(dynamo, table, batch)) found.set(keyText(head), head);
      }
      return keys.map((key) => found.get(keyText(key))).filter((head) => head !== undefined);
    },

    /** The invoices of a client by period and revision. Whole items count for the 1 MB of a page: it may be short. */
    async headsOfClient(client, period, after, limit) {
      const { Items = [], LastEvaluatedKey } = await query({
        ...HEAD,
        KeyConditionExpression: '#pk = :pk AND begins_with(#sk, :sk)',
        ExpressionAttributeValues: {
          ':pk': `CLIENT#${client}`,
          ':sk': period ? `INVOICE#${period}#` : 'INVOICE#',
        },
        Limit: limit,
        ...(after && { ExclusiveStartKey: after }),
      });
      return {
        heads: Items as InvoiceHead[],
        ...(LastEvaluatedKey && { last: LastEvaluatedKey as InvoiceKey }),
      };
    },
  };
}

function indexQuery(position: IndexPosition, limit: number): Omit<QueryCommandInput, 'TableName'> {
  return {
    IndexName: position.index,
    KeyConditionExpression: '#partition = :partition',
    ExpressionAttributeNames: {
      '#partition': position.index === 'by-state' ? 'statePartition' : 'periodPartition',
    },
    ExpressionAttributeValues: { ':partition': position.partition },
    Limit: limit,
    ...(position.after && { ExclusiveStartKey: position.after }),
  };
}

/** The item after a change. Pure, so that what is written and what is returned cannot differ. */
export function applyChange(item: InvoiceItem, change: InvoiceChange): InvoiceItem {
  const { state, dueAtMs, attempts, nowMs, entry, reason, detail } = change;
  const { reason: _reason, detail: _detail, ...rest } = item;
  const isKept =
    entry !== undefined &&
    (item.history.length < MAX_HISTORY || RESTING_STATES.includes(state) || entry.call === 'retry');
  return {
    ...rest,
    state,
    statePartition: statePartitionOf(state, item.client),
    dueAtMs: BigInt(Math.round(dueAtMs)),
    version: item.version + 1n,
    attempts: BigInt(attempts),
    history: isKept ? [...item.history, entry] : item.history,
    ...(reason !== undefined && { reason }),
    ...(detail !== undefined && { detail }),
    updatedAtMs: BigInt(Math.round(nowMs)),
  };
}

const SET = ['state', 'statePartition', 'dueAtMs', 'version', 'attempts', 'updatedAtMs'] as const;
const SET_OR_REMOVE = ['reason', 'detail'] as const;

function updateOf(read: InvoiceItem, changed: InvoiceItem) {
  const names: Record<string, string> = {};
  const values: Record<string, unknown> = { ':read': read.version };
  const sets: string[] = [];
  const removes: string[] = [];
  for (const name of [...SET, ...SET_OR_REMOVE]) {
    names[`#${name}`] = name;
    if (changed[name] === undefined) {
      removes.push(`#${name}`);
    } else {
      sets.push(`#${name} = :${name}`);
      values[`:${name}`] = changed[name];
    }
  }
  const added = changed.history.slice(read.history.length);
  if (added.length > 0) {
    names['#history'] = 'history';
    values[':added'] = added;
    sets.push('#history = list_append(#history, :added)');
  }
  const remove = removes.length > 0 ? ` REMOVE ${removes.join(', ')}` : '';
  return {
    Key: { pk: read.pk, sk: read.sk },
    UpdateExpression: `SET ${sets.join(', ')}${remove}`,
    ConditionExpression: '#version = :read',
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: values,
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

function keyText({ pk, sk }: InvoiceKey): string {
  return `${pk}|${sk}`;
}
