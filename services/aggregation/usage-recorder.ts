import {
  encodeHead,
  MAX_DECIDED_BYTES,
  type UnrecordedEvent,
} from '#shared/contracts/outbox-entry.ts';
import { shardOf } from '#shared/domain/shard.ts';
import { luaScript } from '#shared/platform/lua.ts';
import { MAX_ENTRY_BYTES, outboxKey } from '#shared/platform/outbox.ts';
import {
  RECEIPT_SLICE_MS,
  receiptField,
  receiptsKey,
  withReceipts,
} from '#shared/platform/receipts.ts';
import { orUnavailable, type RedisClient } from '#shared/platform/redis.ts';
import recordUsageLua from './lua/record-usage.lua';

/** Puts usage events into the outbox, each once for its client, source and id. */
export interface UsageRecorder {
  readonly redis: RedisClient;
  readonly shards: number;
  readonly receiptWindowMs: number;
}

/** The fingerprint is of what must be the same when the id comes again. */
export type UsageToRecord = Extract<UnrecordedEvent, { kind: 'usage' }> & {
  readonly fingerprint: string;
};

export type RecordOutcome = 'recorded' | 'repeated' | 'reused';

const recordScript = luaScript('tollgateRecordUsage', withReceipts(recordUsageLua));

interface Entry {
  readonly index: number;
  readonly head: string;
  readonly args: readonly (string | number)[];
}

/**
 * Records each event; the outcomes are in the order of the input. Throws `ProblemError` unavailable when Redis
 * fails for any shard: what was recorded is then answered as repeated when the same events are sent again.
 */
export async function recordEvents(
  recorder: UsageRecorder,
  usages: readonly UsageToRecord[],
): Promise<RecordOutcome[]> {
  const entries = usages.map((usage, index) => ({
    shard: shardOf(usage.client, recorder.shards),
    ...toEntry(usage, index),
  }));
  const outcomes: RecordOutcome[] = new Array(usages.length);
  const calls = [...Map.groupBy(entries, (entry) => entry.shard)].flatMap(([shard, ofShard]) =>
    [...portions(ofShard)].map(async (portion) => {
      const replies = (await recordScript(recorder.redis)(
        [outboxKey(shard), receiptsKey(shard)],
        [recorder.receiptWindowMs, RECEIPT_SLICE_MS, ...portion.flatMap((entry) => entry.args)],
      )) as RecordOutcome[];
      portion.forEach((entry, position) => {
        outcomes[entry.index] = replies[position] as RecordOutcome;
      });
    }),
  );
  await orUnavailable(Promise.all(calls));
  return outcomes;
}

function toEntry(event: UsageToRecord, index: number): Entry {
  const head = encodeHead(event);
  const field = receiptField('usage', event.client, event.origin, event.id);
  return { index, head, args: [field, event.fingerprint, head] };
}

const MAX_PORTION_EVENTS = 200;

/** Splits so that no outbox entry outgrows a batch and no script call holds the server for long. */
function* portions(entries: readonly Entry[]): Generator<Entry[]> {
  let portion: Entry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const size = Buffer.byteLength(entry.head) + MAX_DECIDED_BYTES;
    if (
      portion.length === MAX_PORTION_EVENTS ||
      (portion.length > 0 && bytes + size > MAX_ENTRY_BYTES)
    ) {
      yield portion;
      portion = [];
      bytes = 0;
    }
    portion.push(entry);
    bytes += size;
  }
  if (portion.length > 0) yield portion;
}
