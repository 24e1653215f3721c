import * as z from 'zod/mini';
import { SealedBatch } from '#shared/contracts/sealed-batch.ts';
import { shardOf } from '#shared/domain/shard.ts';
import { type Consuming, consumeBatch } from './consume-batch.ts';
import { type Quarantine, type QuarantineReason, quarantine } from './quarantine.ts';

export type Consumption =
  | { readonly type: 'kept'; readonly batch: string; readonly events: number }
  | { readonly type: 'quarantined'; readonly reason: QuarantineReason; readonly detail: string };

export interface MessageConsuming extends Consuming {
  readonly quarantine: Quarantine;
  readonly shards: number;
}

/** Consumes the body of one queue message, or puts it aside for good. Throws when the same message should come again. */
export async function consumeMessage(
  consuming: MessageConsuming,
  body: string,
): Promise<Consumption> {
  const putAside = async (reason: QuarantineReason, detail: string): Promise<Consumption> => {
    await quarantine(consuming.quarantine, body, reason, detail);
    return { type: 'quarantined', reason, detail };
  };
  let message: unknown;
  try {
    message = JSON.parse(body);
  } catch (error) {
    return putAside('not_json', (error as Error).message);
  }
  const parsed = z.safeParse(SealedBatch, message);
  if (!parsed.success) {
    return putAside('breaks_contract', describe(parsed.error.issues[0]));
  }
  const batch = parsed.data;
  const stray = findStray(batch, consuming.shards);
  if (stray !== undefined) {
    return putAside('breaks_contract', `${stray} does not belong to shard ${batch.shard}`);
  }
  if ((await consumeBatch(consuming, batch)) === 'conflict') {
    return putAside('batch_conflict', `the ledger holds other events as batch ${batch.batch}`);
  }
  return { type: 'kept', batch: batch.batch, events: batch.events.length };
}

function describe(issue: z.core.$ZodIssue | undefined): string {
  const what = issue && 'keys' in issue ? `has unknown fields: ${issue.keys}` : issue?.message;
  return `${issue?.path.join('.')}: ${what}`;
}

/** A client of another shard. Two shards with deltas of one client and day would overwrite each other's daily records. */
function findStray(batch: SealedBatch, shards: number): string | undefined {
  return batch.events.find(({ client }) => shardOf(client, shards) !== batch.shard)?.client;
}
