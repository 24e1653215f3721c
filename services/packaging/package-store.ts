import {
  PutCommand,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb';
import type { HalfMonth } from '#shared/domain/billing-period.ts';
import { meteredSums } from '#shared/domain/package-line.ts';
import {
  type InvoicePackage,
  parseInvoiceId,
  unfinishedCurrencies,
} from '#shared/domain/packaging.ts';
import type { UsageSum } from '#shared/domain/usage.ts';
import {
  type Dynamo,
  isConditionFailure,
  isOvertaken,
  queryItems,
  scanItems,
} from '#shared/platform/dynamo.ts';
import { type CarryMark, carryKeyOf, isCarryMark, toCarryMark } from './carry-store.ts';
import {
  type FrozenPackage,
  freezePackage,
  isPackedLines,
  linesKeyOf,
  type PackedLines,
  unpackLines,
} from './frozen-package.ts';
import { type InvoiceItem, invoiceKeyOf } from './invoice-item.ts';
import { putLines, readLinesOfPeriod } from './lines-store.ts';

/** Owns the frozen part of the invoices table, and the carry marks beside it. */
export interface PackageStore {
  readonly dynamo: Dynamo;
  readonly table: string;
}

/** What earlier packages of a client and half month billed, where they break off, and the first free revision. */
export async function readBilled(
  store: PackageStore,
  client: string,
  period: HalfMonth,
): Promise<{ sums: UsageSum[]; unfinished: Set<string>; nextRevision: number }> {
  const found = await Array.fromAsync(readPackages(store, client, period));
  // A query may see a correction half done: then the new revision is what tells.
  const replaced = new Set(found.map(({ item }) => item.corrects));
  const standing = found.filter(
    ({ item }) => item.state !== 'superseded' && !replaced.has(item.id),
  );
  return {
    sums: standing.flatMap((frozen) => meteredSums(unpackLines(frozen).lines)),
    unfinished: unfinishedCurrencies(standing.map(({ item }) => item)),
    nextRevision: Number(found.at(-1)?.item.revision ?? 0) + 1,
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
  const { item, packed } = freezePackage(invoice, nowMs);
  const put = {
    TableName: store.table,
    Item: item,
    ConditionExpression: 'attribute_not_exists(pk)',
  };
  const carries = carryWrites(store.table, shard, invoice, nowMs);
  await putLines(store, packed);
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
export async function* readPackages(
  store: PackageStore,
  client: string,
  period: HalfMonth,
): AsyncGenerator<FrozenPackage> {
  const items = await Array.fromAsync(
    queryItems<InvoiceItem>(store.dynamo, {
      TableName: store.table,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :period)',
      ExpressionAttributeValues: { ':pk': `CLIENT#${client}`, ':period': `INVOICE#${period}#` },
    }),
  );
  // As a rule there is none.
  if (items.length === 0) return;
  const linesOf = await readLinesOfPeriod(store, client, period);
  for (const item of items) yield { item, packed: linesOf(item) };
}

/** Every package and every carry mark, in no order, for audits. */
export async function* readAllInvoices(
  store: PackageStore,
): AsyncGenerator<
  | { readonly type: 'package'; readonly frozen: FrozenPackage }
  | { readonly type: 'carry'; readonly mark: CarryMark }
> {
  const items = scanItems<InvoiceItem | CarryMark | PackedLines>(store.dynamo, {
    TableName: store.table,
    ConsistentRead: true,
  });
  /** Packages whose lines are still to come, by the key of those: within a client, packages are first. */
  const waiting = new Map<string, InvoiceItem>();
  for await (const item of items) {
    if (isCarryMark(item)) {
      yield { type: 'carry', mark: item as CarryMark };
    } else if (isPackedLines(item)) {
      const found = waiting.get(keyText(item));
      if (!found) continue;
      waiting.delete(keyText(item));
      yield { type: 'package', frozen: { item: found, packed: item as PackedLines } };
    } else {
      waiting.set(keyText(linesKeyOf(item as InvoiceItem)), item as InvoiceItem);
    }
  }
  // A scan promises no order, so nothing is missing before it was looked for.
  for (const item of waiting.values()) {
    const linesOf = await readLinesOfPeriod(store, item.client, item.period);
    yield { type: 'package', frozen: { item, packed: linesOf(item) } };
  }
}

function keyText({ pk, sk }: { readonly pk: string; readonly sk: string }): string {
  return `${pk}|${sk}`;
}

/** Every package, in no order. */
export async function* readAllPackages(store: PackageStore): AsyncGenerator<FrozenPackage> {
  for await (const found of readAllInvoices(store)) {
    if (found.type === 'package') yield found.frozen;
  }
}
