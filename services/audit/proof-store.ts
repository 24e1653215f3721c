import { BatchWriteCommand, DeleteCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { ConservationProof } from '#shared/contracts/proof.ts';
import { type Dynamo, isConditionFailure, queryItems } from '#shared/platform/dynamo.ts';

/** Owns the proofs table: the last proofs, and a note while one is under way. */
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
  const forgotten = keys.slice(KEPT, KEPT + FORGOTTEN_AT_ONCE);
  if (forgotten.length === 0) return;
  const requests = forgotten.map((Key) => ({ DeleteRequest: { Key } }));
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
