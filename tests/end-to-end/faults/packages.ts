import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { type InvoiceItem, toInvoiceItem } from '#services/packaging/invoice-item.ts';
import type { MeteredLine } from '#shared/domain/package-line.ts';
import { invoiceIdOf } from '#shared/domain/packaging.ts';
import type { Dynamo } from '#shared/platform/dynamo.ts';

const PERIOD = '2026-11-H1';

/** A frozen package of this client, as packaging puts it. */
export function frozenPackage(client: string, nowMs = Date.now()): InvoiceItem {
  const line = (day: string, source: MeteredLine['source'], amountMicros: bigint): MeteredLine => ({
    ...{ kind: 'usage', client, day, meter: 'api.requests', currency: 'USD', source },
    ...{ events: 3, quantityMicros: 3_000_000n, amountMicros },
  });
  const lines = [
    line('2026-11-02', 'postpaid', 1_250_000n),
    line('2026-11-03', 'postpaid', 2_000_001n),
    line('2026-11-03', 'prepaid', 999_999n),
  ];
  return toInvoiceItem(
    {
      id: invoiceIdOf(client, PERIOD, 1),
      ...{ client, period: PERIOD, revision: 1, currency: 'USD', lines, totalMicros: 4_250_000n },
    },
    nowMs,
  );
}

export function frozenPackages(scenario: string, count: number): InvoiceItem[] {
  return Array.from({ length: count }, (_, index) =>
    frozenPackage(`${scenario}-${String(index + 1).padStart(3, '0')}`),
  );
}

export async function putPackages(
  dynamo: Dynamo,
  table: string,
  items: readonly InvoiceItem[],
): Promise<void> {
  await Promise.all(items.map((Item) => dynamo.send(new PutCommand({ TableName: table, Item }))));
}
