import { randomUUID } from 'node:crypto';
import { BatchWriteCommand, DeleteCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { ConservationProof } from '#shared/contracts/proof.ts';
import { type Dynamo, isConditionFailure, queryItems } from '#shared/platform/dynamo.ts';

/** Owns the proofs table: the last proofs, a note while one is under way, and one for each audit that has not kept its proof yet. */
export interface ProofStore {
  readonly dynamo: Dynamo;
  readonly table: string;
}

const PROOFS = 'PROOFS';
const KEPT = 100;
/** Most items of one BatchWriteItem; more is left to the next proof. */
const FORGOTTEN_AT_ONCE = 25;

/** Keeps a proof, as text: amounts and counts as they are shown. Forgets the oldest. */
export async function keepProof(store: ProofStore, proof: ConservationProof): Promise<void> {
  const { dynamo, table } = store;
  const Item = { pk: PROOFS, sk: proof.provenAt, proof: JSON.stringify(proof) };
  await dynamo.send(new PutCommand({ TableName: table, Item }));
  const keys = await Array.fromAsync(
    queryItems<{ pk: string; sk: string }>(dynamo, {
      ...newestFirst(table),
      ProjectionExpression: 'pk, sk',
    }),
  );
  await forget(store, keys.slice(KEPT));
}

async function forget(
  { dynamo, table }: ProofStore,
  keys: readonly { readonly pk: string; readonly sk: string }[],
): Promise<void> {
  if (keys.length === 0) return;
  const requests = keys
    .slice(0, FORGOTTEN_AT_ONCE)
    .map(({ pk, sk }) => ({ DeleteRequest: { Key: { pk, sk } } }));
  await dynamo.send(new BatchWriteCommand({ RequestItems: { [table]: requests } }));
}

/** The last proof; undefined before the first. */
export async function readProof({
  dynamo,
  table,
}: ProofStore): Promise<ConservationProof | undefined> {
  const { Items = [] } = await dynamo.send(
    new QueryCommand({ ...newestFirst(table), ConsistentRead: true, Limit: 1 }),
  );
  return Items[0] && (JSON.parse(Items[0].proof) as ConservationProof);
}

function newestFirst(table: string) {
  return {
    TableName: table,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': PROOFS },
    ScanIndexForward: false,
  };
}

const UNDER_WAY = { pk: 'UNDER_WAY', sk: 'UNDER_WAY' };

/**
 * Notes that a proof is under way until `untilMs` at most; false if one is already. The note spares work and no more: two proofs at once would
 * only read twice.
 */
export async function noteStart(
  { dynamo, table }: ProofStore,
  nowMs: number,
  untilMs: number,
): Promise<boolean> {
  try {
    await dynamo.send(
      new PutCommand({
        TableName: table,
        Item: { ...UNDER_WAY, untilMs },
        ConditionExpression: 'attribute_not_exists(pk) OR untilMs <= :now',
        ExpressionAttributeValues: { ':now': nowMs },
      }),
    );
    return true;
  } catch (error) {
    if (isConditionFailure(error)) return false;
    throw error;
  }
}

export async function noteEnd({ dynamo, table }: ProofStore): Promise<void> {
  await dynamo.send(new DeleteCommand({ TableName: table, Key: UNDER_WAY }));
}

const BEGUN = 'BEGUN';

/** An audit that has not kept its proof. */
export interface Begun {
  readonly pk: string;
  readonly sk: string;
  readonly startedAt: string;
  /** When it was killed at the latest. */
  readonly until: string;
}

/** Notes that an audit has begun, before it does: one that is killed, for its time or its memory, can note nothing any more. */
export async function noteBegun(
  { dynamo, table }: ProofStore,
  nowMs: number,
  untilMs: number,
): Promise<Begun> {
  const startedAt = new Date(nowMs).toISOString();
  const until = new Date(untilMs).toISOString();
  const begun = { pk: BEGUN, sk: `${startedAt}#${randomUUID()}`, startedAt, until };
  await dynamo.send(new PutCommand({ TableName: table, Item: begun }));
  return begun;
}

/** Of an audit that has kept its proof, which from now on tells more than those that were killed before it. */
export async function takeBackBegun(store: ProofStore, begun: Begun, nowMs: number): Promise<void> {
  const killed = await readKilled(store, nowMs);
  await forget(store, [begun, ...killed.filter(({ sk }) => sk < begun.sk)]);
}

/** The audits that were killed, the first one first. */
export async function readKilled({ dynamo, table }: ProofStore, nowMs: number): Promise<Begun[]> {
  const begun = await Array.fromAsync(
    queryItems<Begun>(dynamo, {
      TableName: table,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': BEGUN },
    }),
  );
  return begun.filter(({ until }) => Date.parse(until) <= nowMs);
}
