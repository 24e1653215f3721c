import { ulid } from 'ulid';
import { encodeEvents, type SealedBatch } from '#shared/contracts/sealed-batch.ts';
import type { LedgerEvent, MeteredEvent, UsageEvent } from '#shared/domain/ledger-event.ts';
import { shardOf } from '#shared/domain/shard.ts';

/** Names of clients of one shard. */
export function clientsOf(
  shard: number,
  shards: number,
  count: number,
  prefix = 'client',
): string[] {
  const clients: string[] = [];
  for (let index = 0; clients.length < count; index++) {
    const client = `${prefix}-${index}`;
    if (shardOf(client, shards) === shard) clients.push(client);
  }
  return clients;
}

export function usageEvent(changes: Partial<UsageEvent> = {}): UsageEvent {
  return {
    kind: 'usage',
    id: 'e-1',
    origin: '/app',
    client: 'acme',
    currency: 'EUR',
    amountMicros: 150_000n,
    occurredAtMs: Date.parse('2026-11-09T08:00:00Z'),
    recordedAtMs: Date.parse('2026-11-09T08:00:01Z'),
    day: '2026-11-09',
    meter: 'sms',
    quantityMicros: 2_000_000n,
    ...changes,
  };
}

/** Events of all kinds for the clients: on three days, of three meters, in two currencies. */
export function mixedEvents(clients: readonly string[], perClient: number): LedgerEvent[] {
  return clients.flatMap((client) => [
    opening(client),
    ...Array.from({ length: perClient }, (_, index): MeteredEvent => {
      const event = usageEvent({
        client,
        id: `e-${index}`,
        day: `2026-11-${String(14 + (index % 3)).padStart(2, '0')}`,
        meter: ['sms', 'api.calls', 'tokens'][index % 2] as string,
        currency: index % 5 === 0 ? 'USD' : 'EUR',
        amountMicros: BigInt(1_000 + index),
        quantityMicros: BigInt(index),
      });
      if (index % 4 !== 0) return event;
      const { origin, ...charge } = event;
      return { ...charge, kind: 'charge', balanceMicros: 0n };
    }),
  ]);
}

function opening(client: string): LedgerEvent {
  return {
    kind: 'opening',
    id: 'opening',
    client,
    currency: 'EUR',
    amountMicros: 1n,
    occurredAtMs: 1,
    recordedAtMs: 1,
    balanceMicros: 1n,
  };
}

export function sealedBatch(
  shard: number,
  events: readonly LedgerEvent[],
  batch = ulid(),
): SealedBatch {
  return { batch, shard, events };
}

/** The body of the queue message that brings a batch. */
export function messageOf({ batch, shard, events }: SealedBatch): string {
  return `{"batch":"${batch}","shard":${shard},"events":${encodeEvents(events)}}`;
}
