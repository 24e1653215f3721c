import { encodeHead, type UnrecordedEvent } from '#shared/contracts/outbox-entry.ts';
import { timeInId } from '#shared/domain/charge-id.ts';
import { shardOf } from '#shared/domain/shard.ts';
import { RECEIPT_SLICE_MS, receiptField } from '#shared/platform/receipts.ts';
import { orUnavailable } from '#shared/platform/redis.ts';
import { type AccountStore, accountScript, shardTag } from './account-store.ts';
import takeEffectLua from './lua/take-effect.lua';
import { type Outcome, readOutcome } from './outcome.ts';

/** A script that changes one thing of one account, once for an id: see take-effect.lua. */
export function effectScript(name: string, lua: string) {
  return accountScript(name, takeEffectLua, lua);
}

/** Runs such a script; `args` are what it takes beyond the arguments that all of them share. */
export async function takeEffect<Refusal extends string>(
  store: AccountStore,
  script: ReturnType<typeof effectScript>,
  event: UnrecordedEvent & { readonly fingerprint: string },
  ...args: readonly (string | number)[]
): Promise<Outcome<Refusal>> {
  const { kind, client, id, fingerprint } = event;
  const reply = await orUnavailable(
    script(store.redis, store.replication)(
      [shardTag(shardOf(client, store.shards))],
      [
        store.receiptWindowMs,
        RECEIPT_SLICE_MS,
        receiptField(kind, client, id),
        fingerprint,
        timeInId(id) ?? '-',
        encodeHead(event),
        client,
        'currency' in event ? event.currency : '',
        ...args,
      ],
    ),
  );
  return readOutcome(reply as string, fingerprint);
}
