import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ChargeEvent, LedgerEvent, UsageEvent } from '#shared/domain/ledger-event.ts';
import {
  decodeEvents,
  encodeEventHead,
  encodeEvents,
  MAX_BATCH_BYTES,
  MAX_BATCH_EVENTS,
  SealedBatch,
} from './sealed-batch.ts';

const BATCH = '01KAJP0000ABCDEFGHJKMNPQRS';
const topUp: LedgerEvent = {
  kind: 'top_up',
  id: 'x',
  client: 'acme',
  currency: 'USD',
  amountMicros: 5n,
  occurredAtMs: 1,
  recordedAtMs: 2,
  balanceMicros: 2n ** 62n,
};
const charge: ChargeEvent = {
  ...topUp,
  kind: 'charge',
  meter: 'requests',
  quantityMicros: 1_000_000n,
  day: '2026-11-21',
};
const usage: UsageEvent = {
  kind: 'usage',
  id: 'y',
  client: 'acme',
  currency: 'USD',
  amountMicros: 5n,
  occurredAtMs: 1,
  recordedAtMs: 2,
  origin: '/gateway',
  meter: 'requests',
  quantityMicros: 1n,
  day: '2026-11-21',
};

/** The message of a queue as it looks today. It may lie in a DLQ for weeks: what reads it must take it for ever. */
const FROZEN = `{"batch":"${BATCH}","shard":17,"events":[
  {"kind":"opening","id":"opening","client":"acme","currency":"USD","amountMicros":"25000000","occurredAtMs":1795262400000,"recordedAtMs":1795262400001,"balanceMicros":"25000000"},
  {"kind":"charge","id":"01KAJP","client":"acme","currency":"USD","amountMicros":"50000","occurredAtMs":1795262400000,"day":"2026-11-21","meter":"requests","quantityMicros":"1000000","recordedAtMs":1795262400002,"balanceMicros":"24950000"},
  {"kind":"usage","id":"e1","client":"acme","currency":"USD","amountMicros":"3","occurredAtMs":1795262400000,"origin":"/gateway","day":"2026-11-21","meter":"tokens","quantityMicros":"9000000","recordedAtMs":1795262400003}]}`;

describe('a sealed batch', () => {
  test('of today is read tomorrow', () => {
    const { events, ...envelope } = SealedBatch.parse(JSON.parse(FROZEN));
    expect(envelope).toEqual({ batch: BATCH, shard: 17 });
    expect(events.map(({ kind, amountMicros }) => [kind, amountMicros])).toEqual([
      ['opening', 25_000_000n],
      ['charge', 50_000n],
      ['usage', 3n],
    ]);
  });

  const batchOf = (changes: object) => ({
    batch: BATCH,
    shard: 0,
    events: [wire(topUp)],
    ...changes,
  });
  const wire = (event: LedgerEvent) => JSON.parse(encodeEvents([event]))[0];

  test.each<[string, object]>([
    ['without events', { events: [] }],
    ['without a ULID', { batch: 'batch-1' }],
    ['of no shard', { shard: 1_000 }],
    ['of half a shard', { shard: 0.5 }],
    ['with more', { note: 'x' }],
    ['with an event of an unknown kind', { events: [{ ...wire(topUp), kind: 'refund' }] }],
    ['with an event that has more', { events: [{ ...wire(topUp), note: 'x' }] }],
    ['with a top-up of a meter', { events: [{ ...wire(topUp), meter: 'requests' }] }],
    ['with a charge without a day', { events: [{ ...wire(charge), day: undefined }] }],
    ['with usage that has a balance', { events: [{ ...wire(usage), balanceMicros: '1' }] }],
    ['with an amount as a number', { events: [{ ...wire(topUp), amountMicros: 5 }] }],
    ['with an amount of major units', { events: [{ ...wire(topUp), amountMicros: '0.05' }] }],
  ])('%s is refused', (_name, changes) => {
    expect(SealedBatch.safeParse(batchOf({})).success).toBe(true);
    expect(SealedBatch.safeParse(batchOf(changes)).success).toBe(false);
  });

  test('stays under the limit of a queue message when it is full', () => {
    const envelope = `{"batch":"${BATCH}","shard":999,"events":}`;
    expect(MAX_BATCH_BYTES + envelope.length).toBeLessThan(262_144);
    expect(MAX_BATCH_EVENTS).toBe(1_000);
  });
});

describe('events', () => {
  test.each<[string, LedgerEvent]>([
    ['top-up', topUp],
    ['charge', charge],
    ['usage', usage],
    ['adjustment', { ...topUp, kind: 'adjustment', amountMicros: -5n }],
  ])('%s reads back as it was', (_name, event) => {
    expect(decodeEvents(encodeEvents([event, event]))).toEqual([event, event]);
  });

  test('reads back any amount, id and text', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
        fc.string({ unit: 'grapheme-ascii', minLength: 1 }),
        (amountMicros, id) => {
          const event = { ...charge, amountMicros, id };
          expect(decodeEvents(encodeEvents([event]))).toEqual([event]);
        },
      ),
    );
  });

  test('a head and what Redis appends make the event', () => {
    const { recordedAtMs, balanceMicros, ...unrecorded } = charge;
    const head = encodeEventHead({ ...unrecorded, id: '"}],{' });
    const json = `${head},"recordedAtMs":${recordedAtMs},"balanceMicros":"${balanceMicros}"}`;
    expect(decodeEvents(`[${json}]`)).toEqual([{ ...charge, id: '"}],{' }]);
  });

  test('what is not events is refused', () => {
    for (const json of ['{}', '[{}]', '[1]', '', '[']) {
      expect(() => decodeEvents(json)).toThrow();
    }
  });
});
