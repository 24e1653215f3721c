import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { type FrozenPackage, freezePackage } from '#services/packaging/frozen-package.ts';
import type { MeteredLine } from '#shared/domain/package-line.ts';
import { invoiceIdOf } from '#shared/domain/packaging.ts';
import type { Dynamo } from '#shared/platform/dynamo.ts';

const PERIOD = '2026-11-H1';

/** A frozen package of this client, as packaging puts it. */
export function frozenPackage(client: string, lines = linesOf(client)): FrozenPackage {
  return freezePackage(
    {
      id: invoiceIdOf(client, PERIOD, 1),
      ...{ client, period: PERIOD, revision: 1, currency: 'USD', lines },
      ...{ totalMicros: 4_250_000n, paidMicros: 999_999n },
    },
    Date.now(),
  );
}

function linesOf(client: string): MeteredLine[] {
  const line = (day: string, source: MeteredLine['source'], amountMicros: bigint): MeteredLine => ({
    ...{ kind: 'usage', client, day, meter: 'api.requests', currency: 'USD', source },
    ...{ events: 3, quantityMicros: 3_000_000n, amountMicros },
  });
  return [
    line('2026-11-02', 'postpaid', 1_250_000n),
    line('2026-11-03', 'postpaid', 2_000_001n),
    line('2026-11-03', 'prepaid', 999_999n),
  ];
}

export function frozenPackages(scenario: string, count: number): FrozenPackage[] {
  return Array.from({ length: count }, (_, index) =>
    frozenPackage(`${scenario}-${String(index + 1).padStart(3, '0')}`),
  );
}

export async function putPackages(
  dynamo: Dynamo,
  table: string,
  packages: readonly FrozenPackage[],
): Promise<void> {
  const put = (Item: object) => dynamo.send(new PutCommand({ TableName: table, Item }));
  await Promise.all(packages.flatMap(({ packed }) => (packed ? [put(packed)] : [])));
  await Promise.all(packages.map(({ item }) => put(item)));
}
