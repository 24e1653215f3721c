import {
  PutCommand,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb';
import type { HalfMonth } from '#shared/domain/billing-period.ts';
import { meteredSums } from '#shared/domain/package-line.ts';
import { type InvoicePackage, parseInvoiceId } from '#shared/domain/packaging.ts';
import type { UsageSum } from '#shared/domain/usage.ts';
import {
  type Dynamo,
  isConditionFailure,
  isOvertaken,
  queryItems,
  scanItems,
} from '#shared/platform/dynamo.ts';
import { type CarryMark, carryKeyOf, isCarryMark, toCarryMark } from './carry-store.ts';
import { decodeLines, type InvoiceItem, invoiceKeyOf, toInvoiceItem } from './invoice-item.ts';

/** Owns the frozen part of the invoices table, and the carry marks beside it. */
export interface PackageStore {
  readonly dynamo: Dynamo;
  readonly table: string;
}

type Billing = Pick<InvoiceItem, 'id' | 'revision' | 'lines' | 'state' | 'corrects'>;

/** What earlier packages of a client and half month billed, and the first free revision. */
export async function readBilled(
  store: PackageStore,
  client: string,
  period: HalfMonth,
): Promise<{ sums: UsageSum[]; nextRevision: number }> {
  const items = await Array.fromAsync(
    queryItems<Billing>(store.dynamo, {
      TableName: store.table,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :period)',
      ProjectionExpression: 'id, revision, #lines, #state, corrects',
      ExpressionAttributeNames: { '#lines': 'lines', '#state': 'state' },
      ExpressionAttributeValues: { ':pk': `CLIENT#${client}`, ':period': `INVOICE#${period}#` },
    }),
  );
  // A query may see a correction half done: then the new revision is what tells.
  const replaced = new Set(items.map(({ corrects }) => corrects));
  const standing = items.filter(({ id, state }) => state !== 'superseded' && !replaced.has(id));
  return {
    sums: standing.flatMap(({ lines }) => meteredSums(decodeLines(lines))),
    nextRevision: Number(items.at(-1)?.revision ?? 0) + 1,
  };
}

/**
 * Freezes a package; false where its revision exists already, or another package has taken over what it was to take.
 * One that takes nothing over and leaves nothing is a single put, which costs half of a transaction.
 */
export async function putPackage(
  store: PackageStore,
  shard: number,
  invoice: InvoicePackage,
  nowMs: number,
): Promise<boolean> {
  const Item = toInvoiceItem(invoice, nowMs);
  const put = { TableName: store.table, Item, ConditionExpression: 'attribute_not_exists(pk)' };
  const carries = carryWrites(store.table, shard, invoice, nowMs);
  try {
    await (carries.length === 0
      ? store.dynamo.send(new PutCommand(put))
      : store.dynamo.send(new TransactWriteCommand({ TransactItems: [{ Put: put }, ...carries] })));
    return true;
  } catch (error) {
    if (isConditionFailure(error) || isOvertaken(error)) return false;
    throw error;
  }
}

type Writes = NonNullable<TransactWriteCommandInput['TransactItems']>;

/** What goes with a package: the marks of what it takes over and of what it leaves, and where what it takes over went. */
function carryWrites(
  TableName: string,
  shard: number,
  { id, client, currency, lines, leaves }: InvoicePackage,
  nowMs: number,
): Writes {
  const taken = lines.flatMap((line) => (line.kind === 'carry_over' ? line.from : []));
  return [
    ...taken.flatMap((from) => [
      {
        Delete: {
          TableName,
          Key: carryKeyOf({ client, currency, from }, shard),
          ConditionExpression: 'attribute_exists(pk)',
        },
      },
      carriedToWrite(TableName, from, id, nowMs),
    ]),
    ...leavingWrites(TableName, shard, leaves),
  ];
}

/** The mark of what a package leaves. */
export function leavingWrites(
  TableName: string,
  shard: number,
  leaves: InvoicePackage['leaves'],
): Writes {
  return leaves ? [{ Put: { TableName, Item: toCarryMark(leaves, shard) } }] : [];
}

/** Notes on the package `from` which one has its amount now: of one that was never taken over, or was by `before`. */
export function carriedToWrite(
  TableName: string,
  from: string,
  to: string,
  nowMs: number,
  before?: string,
): Writes[number] {
  const parts = parseInvoiceId(from);
  if (!parts) throw new Error(`a carry-over names no package: ${from}`);
  const { client, period, revision } = parts;
  return {
    Update: {
      TableName,
      Key: invoiceKeyOf(client, period, revision),
      UpdateExpression: 'SET carriedTo = :to, updatedAtMs = :now ADD version :one',
      ConditionExpression:
        before === undefined
          ? 'attribute_exists(pk) AND attribute_not_exists(carriedTo)'
          : 'carriedTo = :before',
      ExpressionAttributeValues: {
        ':to': to,
        ':now': BigInt(nowMs),
        ':one': 1n,
        ...(before !== undefined && { ':before': before }),
      },
    },
  };
}

/** The packages of a client and half month, by revision. */
export function readPackages(
  store: PackageStore,
  client: string,
  period: HalfMonth,
): AsyncGenerator<InvoiceItem> {
  return queryItems<InvoiceItem>(store.dynamo, {
    TableName: store.table,
    ConsistentRead: true,
    KeyConditionExpression: 'pk = :pk AND begins_with(sk, :period)',
    ExpressionAttributeValues: { ':pk': `CLIENT#${client}`, ':period': `INVOICE#${period}#` },
  });
}

/** Every package and every carry mark, in no order, for audits. */
export async function* readAllInvoices(
  store: PackageStore,
): AsyncGenerator<
  | { readonly type: 'package'; readonly item: InvoiceItem }
  | { readonly type: 'carry'; readonly mark: CarryMark }
> {
  const items = scanItems<InvoiceItem | CarryMark>(store.dynamo, {
    TableName: store.table,
    ConsistentRead: true,
  });
  for await (const item of items) {
    if (isCarryMark(item)) yield { type: 'carry', mark: item as CarryMark };
    else yield { type: 'package', item: item as InvoiceItem };
  }
}

/** Every package, in no order. */
export async function* readAllPackages(store: PackageStore): AsyncGenerator<InvoiceItem> {
  for await (const found of readAllInvoices(store)) {
    if (found.type === 'package') yield found.item;
  }
}
