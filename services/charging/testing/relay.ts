import type { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Redis } from 'ioredis';
import { SealedBatch } from '#shared/contracts/sealed-batch.ts';
import type { LedgerEvent } from '#shared/domain/ledger-event.ts';
import type { Relay } from '../relay/relay-events.ts';

/** A queue that gives each message to `take`; what throws there was not taken. */
function queueOf(take: (body: string) => unknown): SQSClient {
  const send = async ({ input }: SendMessageCommand) => {
    await take(input.MessageBody as string);
    return {};
  };
  return { send } as unknown as SQSClient;
}

export function relayOn(
  redis: Redis,
  take: (body: string) => unknown,
  changes: Partial<Relay> = {},
): Relay {
  return {
    redis,
    shards: 4,
    sqs: queueOf(take),
    queueUrl: 'http://127.0.0.1/queue',
    limits: { maxEvents: 3, maxBytes: 240_000, bytesPerEvent: 150, lingerMs: 0 },
    replicas: 0,
    concurrency: 2,
    isInLedger: async () => false,
    ...changes,
  };
}

/**
 * The events of messages that may have come more than once. Throws where a batch has come with two contents or an
 * event in two batches.
 */
export function eventsOf(bodies: readonly string[]): LedgerEvent[] {
  const batches = new Map<string, string>();
  const events = new Map<string, LedgerEvent>();
  for (const body of bodies) {
    const batch = SealedBatch.parse(JSON.parse(body));
    const before = batches.get(batch.batch);
    if (before !== undefined && before !== body) throw new Error(`${batch.batch} has changed`);
    if (before !== undefined) continue;
    batches.set(batch.batch, body);
    for (const event of batch.events) {
      const key = `${event.client} ${event.kind} ${event.id}`;
      if (events.has(key)) throw new Error(`${key} is in two batches`);
      events.set(key, event);
    }
  }
  return [...events.values()];
}
