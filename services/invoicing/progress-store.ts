import { GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { HalfMonth } from '#shared/domain/billing-period.ts';
import type { Dynamo } from '#shared/platform/dynamo.ts';

/** Owns the progress table: how many invoices of a half month were in each state, and why parked, by time. */
export interface ProgressStore {
  readonly dynamo: Dynamo;
  readonly table: string;
}

export interface Snapshot {
  readonly atMs: number;
  readonly byState: Counts;
  readonly parkedByReason: Counts;
}

type Counts = Readonly<Record<string, number>>;

interface SnapshotItem {
  readonly atMs: bigint;
  readonly byState: Readonly<Record<string, bigint>>;
  /** Missing in those from before it was counted. */
  readonly parkedByReason?: Readonly<Record<string, bigint>>;
}

/** Snapshots are for looking back at a half month, not for ever. */
const KEPT_SECONDS = 400 * 86_400;
/** Far more than an observer writes while a half month moves for two days. */
const MAX_READ = 20_000;
const PAGE = 2_000;

/** Writes one of a time; again, it replaces it. */
export async function putSnapshot(
  store: ProgressStore,
  period: HalfMonth,
  { atMs, byState, parkedByReason }: Snapshot,
): Promise<void> {
  await store.dynamo.send(
    new PutCommand({
      TableName: store.table,
      Item: {
        pk: `PERIOD#${period}`,
        sk: new Date(atMs).toISOString(),
        atMs,
        byState,
        parkedByReason,
        expiresAt: Math.floor(atMs / 1_000) + KEPT_SECONDS,
      },
    }),
  );
}

/** The latest snapshots of a half month, oldest first. */
export async function readSnapshots(
  store: ProgressStore,
  period: HalfMonth,
  limit = MAX_READ,
): Promise<Snapshot[]> {
  const snapshots: Snapshot[] = [];
  let from: Record<string, unknown> | undefined;
  do {
    const { Items = [], LastEvaluatedKey } = await store.dynamo.send(
      new QueryCommand({
        TableName: store.table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': `PERIOD#${period}` },
        ScanIndexForward: false,
        Limit: Math.min(PAGE, limit - snapshots.length),
        ...(from && { ExclusiveStartKey: from }),
      }),
    );
    snapshots.push(...(Items as SnapshotItem[]).map(toSnapshot));
    from = LastEvaluatedKey;
  } while (from && snapshots.length < limit);
  return snapshots.reverse();
}

const MOVING = { pk: 'MOVING', sk: 'PERIODS' };

/** The half months that were last seen moving. */
export async function readMoving(store: ProgressStore): Promise<HalfMonth[]> {
  const { Item } = await store.dynamo.send(new GetCommand({ TableName: store.table, Key: MOVING }));
  return (Item?.periods ?? []) as HalfMonth[];
}

export async function putMoving(
  store: ProgressStore,
  periods: readonly HalfMonth[],
): Promise<void> {
  await store.dynamo.send(new PutCommand({ TableName: store.table, Item: { ...MOVING, periods } }));
}

function toSnapshot({ atMs, byState, parkedByReason = {} }: SnapshotItem): Snapshot {
  return {
    atMs: Number(atMs),
    byState: toCounts(byState),
    parkedByReason: toCounts(parkedByReason),
  };
}

function toCounts(stored: Readonly<Record<string, bigint>>): Counts {
  return Object.fromEntries(Object.entries(stored).map(([name, count]) => [name, Number(count)]));
}

/** At most `points` of them, evenly spread, the first and the last included. */
export function thinOut<T>(snapshots: readonly T[], points: number): T[] {
  if (snapshots.length <= points) return [...snapshots];
  const step = (snapshots.length - 1) / (points - 1);
  return Array.from({ length: points }, (_, index) => snapshots[Math.round(index * step)] as T);
}
