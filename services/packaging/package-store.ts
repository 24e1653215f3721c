import { PutCommand } from '@aws-sdk/lib-dynamodb';
import type { HalfMonth } from '#shared/domain/billing-period.ts';
import { meteredSums } from '#shared/domain/package-line.ts';
import type { InvoicePackage } from '#shared/domain/packaging.ts';
import type { UsageSum } from '#shared/domain/usage.ts';
import { type Dynamo, isConditionFailure, queryItems, scanItems } from '#shared/platform/dynamo.ts';
import { decodeLines, type InvoiceItem, toInvoiceItem } from './invoice-item.ts';

/** Owns the frozen part of the invoices table. */
export interface PackageStore {
  readonly dynamo: Dynamo;
  readonly table: string;
}

/** What earlier packages of a client and half month billed, and the first free revision. */
export async function readBilled(
  store: PackageStore,
  client: string,
  period: HalfMonth,
): Promise<{ sums: UsageSum[]; nextRevision: number }> {
  const sums: UsageSum[] = [];
  let nextRevision = 1;
  const items = queryItems<Pick<InvoiceItem, 'revision' | 'lines'>>(store.dynamo, {
    TableName: store.table,
    ConsistentRead: true,
    KeyConditionExpression: 'pk = :pk AND begins_with(sk, :period)',
    ProjectionExpression: 'revision, #lines',
    ExpressionAttributeNames: { '#lines': 'lines' },
    ExpressionAttributeValues: { ':pk': `CLIENT#${client}`, ':period': `INVOICE#${period}#` },
  });
  for await (const item of items) {
    sums.push(...meteredSums(decodeLines(item.lines)));
    nextRevision = Number(item.revision) + 1;
  }
  return { sums, nextRevision };
}

/** Freezes a package; false where its revision exists already. */
export async function putPackage(
  store: PackageStore,
  invoice: InvoicePackage,
  nowMs: number,
): Promise<boolean> {
  try {
    await store.dynamo.send(
      new PutCommand({
        TableName: store.table,
        Item: toInvoiceItem(invoice, nowMs),
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    );
    return true;
  } catch (error) {
    if (isConditionFailure(error)) return false;
    throw error;
  }
}

/** Every package, in no order, for audits. */
export function readAllPackages(store: PackageStore): AsyncGenerator<InvoiceItem> {
  return scanItems<InvoiceItem>(store.dynamo, { TableName: store.table, ConsistentRead: true });
}
