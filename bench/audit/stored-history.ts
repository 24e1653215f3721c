import { setImmediate as others } from 'node:timers/promises';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { freezePackage } from '#services/packaging/public.ts';
import { encodeEvent, type SealedBatch } from '#shared/contracts/sealed-batch.ts';
import { daysOf } from '#shared/domain/billing-period.ts';
import type { UsageEvent } from '#shared/domain/ledger-event.ts';
import { paidOf, totalOf } from '#shared/domain/package-line.ts';
import { shardOf } from '#shared/domain/shard.ts';
import { dailyRecordsOf, deltasOf } from '#shared/domain/usage-tree.ts';
import type { Dynamo, Item } from '#shared/platform/dynamo.ts';
import {
  dailyItem,
  deltaItem,
  foldItem,
  ledgerItem,
  periodItem,
} from '#shared/testing/stored-usage.ts';

/**
 * What is stored of so many clients, each with 15 days and 3 meters in one batch and one package: made as it is scanned, page by page, so
 * that what an audit holds of it is all that there is in memory.
 */

export const KEYS_OF_CLIENT = 45;
export const SHARDS = 256;
const PERIOD = '2026-11-H1';
const METERS = ['api.requests', 'llm.input_tokens', 'sms'];
const CLIENTS_OF_PAGE = 20;
const { start } = daysOf(PERIOD);
const DAYS = Array.from(
  { length: KEYS_OF_CLIENT / METERS.length },
  (_, index) => `${start.slice(0, 8)}${String(index + 1).padStart(2, '0')}`,
);

const clientOf = (index: number) => `client-${String(index).padStart(7, '0')}`;

function batchOf(index: number): SealedBatch {
  const client = clientOf(index);
  const events = DAYS.flatMap((day) =>
    METERS.map(
      (meter): UsageEvent => ({
        ...{ kind: 'usage', id: `${meter}-${day}`, origin: '/bench', client, currency: 'EUR', day },
        ...{ meter, amountMicros: BigInt(1_000 + index), quantityMicros: 1_000_000n },
        ...{ occurredAtMs: 1, recordedAtMs: 2 },
      }),
    ),
  );
  const batch = `01K${String(index).padStart(23, '0')}`;
  return { batch, shard: shardOf(client, SHARDS), events };
}

function usageItems(index: number): Item[] {
  const { batch, shard, events } = batchOf(index);
  const deltas = deltasOf(events, events.map(encodeEvent));
  const records = dailyRecordsOf(deltas.map((delta) => ({ ...delta, batch })));
  return [...deltas.map((delta) => deltaItem(delta, shard, batch)), ...records.map(dailyItem)];
}

function packageItems(index: number): Item[] {
  const { batch, events } = batchOf(index);
  const deltas = deltasOf(events, events.map(encodeEvent));
  const lines = dailyRecordsOf(deltas.map((delta) => ({ ...delta, batch }))).map(
    (record) => ({ kind: 'usage', ...record }) as const,
  );
  const client = clientOf(index);
  const { item, packed } = freezePackage(
    {
      ...{ id: `${PERIOD}.1.${client}`, client, period: PERIOD, revision: 1, currency: 'EUR' },
      ...{ lines, totalMicros: totalOf(lines), paidMicros: paidOf(lines) },
    },
    1,
  );
  return [{ ...item }, { ...packed }];
}

function foldItems(clients: number): Item[] {
  const batches = Map.groupBy(
    Array.from({ length: clients }, (_, index) => batchOf(index)),
    ({ shard }) => shard,
  );
  return [...batches].flatMap(([shard, ofShard]) => {
    const ids = ofShard.map(({ batch }) => batch).sort();
    return DAYS.map((day) => foldItem(day, shard, { n: 1, batches: ids }));
  });
}

/** A client that scans the tables `ledger`, `entries`, `usage` and `packages` of so many clients. */
export function historyOf(clients: number): Dynamo {
  const items: Readonly<Record<string, (index: number) => Item[]>> = {
    ledger: (index) => [ledgerItem(batchOf(index))],
    entries: () => [],
    usage: usageItems,
    packages: packageItems,
  };
  const scan = (table: string, from: number): { Items: Item[]; LastEvaluatedKey?: object } => {
    if (from >= clients) {
      return { Items: table === 'usage' ? [...foldItems(clients), periodItem(PERIOD)] : [] };
    }
    const to = Math.min(from + CLIENTS_OF_PAGE, clients);
    const Items = Array.from(
      { length: to - from },
      (_, index) => items[table]?.(from + index) ?? [],
    );
    return { Items: Items.flat(), LastEvaluatedKey: { from: to } };
  };
  const send = async ({ input }: { input: { TableName: string; ExclusiveStartKey?: object } }) => {
    // As a request does, so that what measures has its turn.
    await others();
    const { from = 0 } = (input.ExclusiveStartKey ?? {}) as { from?: number };
    return scan(input.TableName, from);
  };
  return Object.assign(Object.create(DynamoDBDocumentClient.prototype) as Dynamo, { send });
}
