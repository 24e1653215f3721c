import * as z from 'zod/mini';
import { SealedBatch } from '#shared/contracts/sealed-batch.ts';
import { type Consuming, consumeBatch } from './consume-batch.ts';
import { type Quarantine, type QuarantineReason, quarantine } from './quarantine.ts';

export type Consumption =
  | { readonly type: 'kept'; readonly batch: string; readonly events: number }
  | { readonly type: 'quarantined'; readonly reason: QuarantineReason; readonly detail: string };

/** Consumes the body of one queue message, or puts it aside for good. Throws when the same message should come again. */
export async function consumeMessage(
  consuming: Consuming & { readonly quarantine: Quarantine },
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
    const [issue] = parsed.error.issues;
    return putAside('breaks_contract', `${issue?.path.join('.')}: ${issue?.message}`);
  }
  const batch = parsed.data;
  if ((await consumeBatch(consuming, batch)) === 'conflict') {
    return putAside('batch_conflict', `the ledger holds other events as batch ${batch.batch}`);
  }
  return { type: 'kept', batch: batch.batch, events: batch.events.length };
}
