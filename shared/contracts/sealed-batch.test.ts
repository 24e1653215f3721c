import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ChargeEvent, LedgerEvent, UsageEvent } from '#shared/domain/ledger-event.ts';
import {
  decodeEvents,
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

/** One event of each kind as it lies in a ledger of today, with what it must be read as. */
const FROZEN_EVENTS: Record<LedgerEvent['kind'], [json: string, event: object]> = {
  opening: [
    '{"kind":"opening","id":"opening","client":"acme","currency":"USD","amountMicros":"25000000","occurredAtMs":1795262400000,"recordedAtMs":1795262400001,"balanceMicros":"25000000"}',
    { amountMicros: 25_000_000n, balanceMicros: 25_000_000n },
  ],
  top_up: [
    '{"kind":"top_up","id":"t1","client":"acme","currency":"USD","amountMicros":"5","occurredAtMs":1795262400000,"fingerprint":"e6zysbQBikv","recordedAtMs":1795262400001,"balanceMicros":"25000005"}',
    { fingerprint: 'e6zysbQBikv', balanceMicros: 25_000_005n },
  ],
  adjustment: [
    '{"kind":"adjustment","id":"a1","client":"acme","currency":"USD","amountMicros":"-5","occurredAtMs":1795262400000,"fingerprint":"e6zysbQBikv","recordedAtMs":1795262400001,"balanceMicros":"25000000"}',
    { amountMicros: -5n },
  ],
  charge: [
    '{"kind":"charge","id":"c1","client":"acme","currency":"USD","amountMicros":"50000","occurredAtMs":1795262400000,"day":"2026-11-21","meter":"requests","quantityMicros":"1000000","fingerprint":"e6zysbQBikv","recordedAtMs":1795262400001,"balanceMicros":"-24950000"}',
    { day: '2026-11-21', quantityMicros: 1_000_000n, balanceMicros: -24_950_000n },
  ],
  reversal: [
    '{"kind":"reversal","id":"r1","client":"acme","currency":"USD","amountMicros":"2","occurredAtMs":1795262400000,"day":"2026-11-21","meter":"requests","quantityMicros":"40","reversedKind":"capture","reversedId":"c1","fingerprint":"e6zysbQBikv","recordedAtMs":1795262400001,"balanceMicros":"9","reversedMicros":"7"}',
    { reversedKind: 'capture', reversedId: 'c1', reversedMicros: 7n, quantityMicros: 40n },
  ],
  hold: [
    '{"kind":"hold","id":"h1","client":"acme","currency":"USD","amountMicros":"7","occurredAtMs":1795262400000,"fingerprint":"e6zysbQBikv","recordedAtMs":1795262400001,"balanceMicros":"9","heldMicros":"7","expiresAtMs":1795262460001}',
    { heldMicros: 7n, expiresAtMs: 1_795_262_460_001 },
  ],
  capture: [
    '{"kind":"capture","id":"c2","client":"acme","currency":"USD","amountMicros":"3","occurredAtMs":1795262400000,"day":"2026-11-21","meter":"requests","quantityMicros":"1","holdId":"h1","fingerprint":"e6zysbQBikv","recordedAtMs":1795262400001,"balanceMicros":"6","heldMicros":"0","releasedMicros":"4"}',
    { holdId: 'h1', heldMicros: 0n, releasedMicros: 4n },
  ],
  release: [
    '{"kind":"release","id":"l1","client":"acme","occurredAtMs":1795262400000,"holdId":"h1","fingerprint":"e6zysbQBikv","recordedAtMs":1795262400001,"balanceMicros":"9","heldMicros":"0","amountMicros":"7","currency":"USD"}',
    { amountMicros: 7n, heldMicros: 0n, currency: 'USD' },
  ],
  expiry: [
    '{"kind":"expiry","id":"h1","client":"acme","currency":"USD","amountMicros":"7","occurredAtMs":1795262460001,"holdId":"h1","recordedAtMs":1795262460010,"balanceMicros":"9","heldMicros":"0"}',
    { holdId: 'h1', amountMicros: 7n, occurredAtMs: 1_795_262_460_001 },
  ],
  extension: [
    '{"kind":"extension","id":"x1","client":"acme","amountMicros":"0","occurredAtMs":1795262400000,"holdId":"h1","fingerprint":"e6zysbQBikv","recordedAtMs":1795262400001,"balanceMicros":"9","heldMicros":"7","expiresAtMs":1795262520001,"currency":"USD"}',
    { holdId: 'h1', heldMicros: 7n, expiresAtMs: 1_795_262_520_001 },
  ],
  terms: [
    '{"kind":"terms","id":"m1","client":"acme","amountMicros":"0","occurredAtMs":1795262400000,"recordedAtMs":1795262400001,"balanceMicros":"9","status":"frozen","creditLimitMicros":"5","currency":"USD"}',
    { status: 'frozen', creditLimitMicros: 5n, balanceMicros: 9n },
  ],
  usage: [
    '{"kind":"usage","id":"e1","client":"acme","currency":"USD","amountMicros":"3","occurredAtMs":1795262400000,"origin":"/gateway","day":"2026-11-21","meter":"tokens","quantityMicros":"9000000","fingerprint":"e6zysbQBikv","recordedAtMs":1795262400001}',
    { origin: '/gateway', quantityMicros: 9_000_000n },
  ],
};

describe('a sealed batch', () => {
  test.each(Object.entries(FROZEN_EVENTS))('reads a frozen %s', (kind, [json, event]) => {
    const { events } = SealedBatch.parse({ batch: BATCH, shard: 17, events: [JSON.parse(json)] });
    expect(events).toEqual([expect.objectContaining({ ...event, kind, client: 'acme' })]);
    expect(JSON.parse(encodeEvents(events as LedgerEvent[]))).toEqual([JSON.parse(json)]);
    expect(decodeEvents(`[${json}]`)).toEqual(events);
  });

  test('reads a frozen charge up to an amount', () => {
    const json = FROZEN_EVENTS.charge[0].replace('}', ',"isUpTo":true}');
    expect(decodeEvents(`[${json}]`)).toEqual([expect.objectContaining({ isUpTo: true })]);
    expect(JSON.parse(encodeEvents(decodeEvents(`[${json}]`)))).toEqual([JSON.parse(json)]);
  });

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
  const frozen = (kind: LedgerEvent['kind'], changes: object) => ({
    ...JSON.parse(FROZEN_EVENTS[kind][0]),
    ...changes,
  });

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
    ['with a hold without an end', { events: [frozen('hold', { expiresAtMs: undefined })] }],
    ['with a release of no hold', { events: [frozen('release', { holdId: undefined })] }],
    ['with an expiry that has a meter', { events: [frozen('expiry', { meter: 'requests' })] }],
    ['with a reversal of a hold', { events: [frozen('reversal', { reversedKind: 'hold' })] }],
    ['with terms of an unknown status', { events: [frozen('terms', { status: 'paused' })] }],
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

  test('what is not events is refused', () => {
    for (const json of ['{}', '[{}]', '[1]', '', '[']) {
      expect(() => decodeEvents(json)).toThrow();
    }
  });
});
