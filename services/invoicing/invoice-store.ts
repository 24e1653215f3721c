import { GetCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import {
  type HistoryEntry,
  type InvoiceItem,
  type PackedLines,
  readLines,
  statePartitionOf,
} from '#services/packaging/public.ts';
import { type InvoiceState, isRejectionInDoubt, RESTING_STATES } from '#shared/domain/invoice.ts';
import { type Dynamo, isConditionFailure } from '#shared/platform/dynamo.ts';

export interface InvoiceKey {
  readonly pk: string;
  readonly sk: string;
}

/** A key as one text, for maps and for an order among those that are else alike. */
export function nameOf({ pk, sk }: InvoiceKey): string {
  return `${pk}|${sk}`;
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

export interface InvoiceStore {
  get(key: InvoiceKey): Promise<InvoiceItem | undefined>;
  /** Undefined where they are missing: such a package is damaged. */
  linesOf(item: InvoiceItem): Promise<PackedLines | undefined>;
  /** The first of a partition of the index by state, in the order in which they are due, from after `after` on. */
  dueIn(partition: string, limit: number, after?: DueInvoice): Promise<DueInvoice[]>;
  change(item: InvoiceItem, change: InvoiceChange): Promise<Transition>;
}

/** Entries kept while an invoice is under way; what ends it, and what a person asks for, is always kept. */
export const MAX_HISTORY = 200;

/** The sending attributes of the packages in the invoices table: read here, and changed only here. */
export function createInvoiceStore(dynamo: Dynamo, table: string): InvoiceStore {
  return {
    /** The item as it is now, never as it was. */
    async get({ pk, sk }) {
      const { Item } = await dynamo.send(
        new GetCommand({ TableName: table, Key: { pk, sk }, ConsistentRead: true }),
      );
      return Item as InvoiceItem | undefined;
    },

    linesOf: (item) => readLines({ dynamo, table }, item),

    /**
     * Whether due by now or later. The index lags behind the table: what it says is a hint to be checked by `get`. It
     * holds little of an item: some hundred entries are far from the 1 MB at which DynamoDB ends a page early.
     */
    async dueIn(partition, limit, after) {
      const { Items = [] } = await dynamo.send(
        new QueryCommand({
          TableName: table,
          IndexName: 'by-state',
          KeyConditionExpression: 'statePartition = :partition',
          ExpressionAttributeValues: { ':partition': partition },
          Limit: limit,
          ...(after && { ExclusiveStartKey: { ...after, statePartition: partition } }),
        }),
      );
      return Items.map(({ pk, sk, dueAtMs }) => ({ pk, sk, dueAtMs: Number(dueAtMs) }));
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
  };
}

/** The item after a change. Pure, so that what is written and what is returned cannot differ. */
export function applyChange(item: InvoiceItem, change: InvoiceChange): InvoiceItem {
  const { state, dueAtMs, attempts, nowMs, entry, reason, detail } = change;
  const { reason: _reason, detail: _detail, begunAtMs: _begunAtMs, ...rest } = item;
  const begunAtMs = begunAfter(item, entry);
  const isKept =
    entry !== undefined &&
    (item.history.length < MAX_HISTORY ||
      RESTING_STATES.includes(state) ||
      entry.call === 'retry' ||
      tellsOfDoubt(item.history, entry));
  return {
    ...rest,
    state,
    statePartition: statePartitionOf(state, item.client),
    dueAtMs: BigInt(Math.round(dueAtMs)),
    version: item.version + 1n,
    attempts: BigInt(attempts),
    ...countsAfter(item, entry),
    history: isKept ? [...item.history, entry] : item.history,
    ...(begunAtMs !== undefined && { begunAtMs }),
    ...(reason !== undefined && { reason }),
    ...(detail !== undefined && { detail }),
    updatedAtMs: BigInt(Math.round(nowMs)),
  };
}

/** Corrections go by it, however long the history is. */
function tellsOfDoubt(history: readonly HistoryEntry[], entry: HistoryEntry): boolean {
  return isRejectionInDoubt([...history, entry]) !== isRejectionInDoubt(history);
}

function countsAfter({ calls, polls }: InvoiceItem, entry?: HistoryEntry) {
  if (!entry) return { calls, polls };
  if (entry.call === 'retry') return { calls: 0n, polls: 0n };
  return {
    calls: calls + (isCall(entry) ? 1n : 0n),
    polls: entry.call === 'poll' ? polls + 1n : 0n,
  };
}

function begunAfter({ begunAtMs }: InvoiceItem, entry?: HistoryEntry): bigint | undefined {
  if (entry?.call === 'retry') return undefined;
  if (begunAtMs !== undefined || !entry || !isCall(entry)) return begunAtMs;
  return entry.atMs - (entry.latencyMs ?? 0n);
}

function isCall({ call }: HistoryEntry): boolean {
  return call === 'submit' || call === 'look_up' || call === 'poll';
}

const SET = [
  ...(['state', 'statePartition', 'dueAtMs', 'version'] as const),
  ...(['attempts', 'calls', 'polls', 'updatedAtMs'] as const),
];
const SET_OR_REMOVE = ['begunAtMs', 'reason', 'detail'] as const;

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
