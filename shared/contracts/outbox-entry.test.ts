import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { LedgerEvent } from '#shared/domain/ledger-event.ts';
import {
  encodeHead,
  MAX_DECIDED_BYTES,
  readEntries,
  type UnrecordedEvent,
} from './outbox-entry.ts';
import { decodeEvents } from './sealed-batch.ts';

const base = {
  id: 'x',
  client: 'acme',
  currency: 'USD',
  amountMicros: 10n,
  occurredAtMs: 1_795_262_400_000,
  fingerprint: 'e6zysbQBikv',
};
const metered = { meter: 'requests', day: '2026-11-21', quantityMicros: 1_000n } as const;
const { currency: _, ...withoutCurrency } = base;
const { amountMicros: __, ...ofHold } = { ...withoutCurrency, holdId: 'h' };

const AT_MS = 1_795_262_400_001;

/** An event of each kind as its sender knows it, what a script decides of it, and what it is then. */
const CASES: { [Kind in LedgerEvent['kind']]: [UnrecordedEvent, outcome: string, object] } = {
  opening: [{ ...base, kind: 'opening' }, '10', { balanceMicros: 10n }],
  top_up: [{ ...base, kind: 'top_up' }, '20', { balanceMicros: 20n }],
  adjustment: [{ ...base, kind: 'adjustment' }, '-20', { balanceMicros: -20n }],
  charge: [{ ...base, ...metered, kind: 'charge' }, '5', { balanceMicros: 5n }],
  reversal: [
    { ...base, ...metered, kind: 'reversal', reversedKind: 'charge', reversedId: 'c' },
    '15,4,7',
    { balanceMicros: 15n, amountMicros: 4n, reversedMicros: 7n, quantityMicros: 400n },
  ],
  hold: [
    { ...base, kind: 'hold' },
    '20,10,1795262460001',
    { balanceMicros: 20n, heldMicros: 10n, expiresAtMs: 1_795_262_460_001 },
  ],
  capture: [
    { ...base, ...metered, kind: 'capture', holdId: 'h' },
    '14,1,6,3',
    {
      balanceMicros: 14n,
      heldMicros: 1n,
      amountMicros: 6n,
      releasedMicros: 3n,
      quantityMicros: 600n,
    },
  ],
  release: [
    { ...ofHold, kind: 'release' },
    '20,0,10,USD',
    { balanceMicros: 20n, heldMicros: 0n, amountMicros: 10n, currency: 'USD' },
  ],
  expiry: [
    { ...base, kind: 'expiry', holdId: 'h' },
    '20,0',
    { balanceMicros: 20n, heldMicros: 0n },
  ],
  extension: [
    { ...ofHold, kind: 'extension', amountMicros: 0n },
    '20,10,1795262460001,USD',
    { balanceMicros: 20n, heldMicros: 10n, expiresAtMs: 1_795_262_460_001, currency: 'USD' },
  ],
  terms: [
    { ...withoutCurrency, kind: 'terms', amountMicros: 0n },
    '20,frozen,5,USD',
    { balanceMicros: 20n, status: 'frozen', creditLimitMicros: 5n, currency: 'USD' },
  ],
  usage: [{ ...base, ...metered, kind: 'usage', origin: '/app' }, '+', {}],
};

const read = (text: string) => decodeEvents(JSON.stringify(readEntries(text)));

/** Entries that scripts have written lie in outboxes while a new version is deployed: it must read them. */
const FROZEN = `1795262400001 25000000
{"kind":"opening","id":"opening","client":"acme","currency":"USD","amountMicros":"25000000","occurredAtMs":1795262400000}
1795262400002 24950000 - 24940000,10000
{"kind":"charge","id":"c1","client":"acme","currency":"USD","amountMicros":"50000","occurredAtMs":1795262400000,"day":"2026-11-21","meter":"requests","quantityMicros":"1000000","fingerprint":"e6zysbQBikv"}
{"kind":"charge","id":"c2","client":"acme","currency":"USD","amountMicros":"50000","occurredAtMs":1795262400000,"day":"2026-11-21","meter":"requests","quantityMicros":"1000000","fingerprint":"e6zysbQBikv"}
{"kind":"charge","id":"c3","client":"acme","currency":"USD","amountMicros":"50000","occurredAtMs":1795262400000,"day":"2026-11-21","meter":"requests","quantityMicros":"1000000","fingerprint":"e6zysbQBikv"}
1795262400003 + +
{"kind":"usage","id":"e1","client":"acme","currency":"USD","amountMicros":"3","occurredAtMs":1795262400000,"origin":"/gateway","day":"2026-11-21","meter":"tokens","quantityMicros":"9000000","fingerprint":"e6zysbQBikv"}
{"kind":"usage","id":"e2","client":"acme","currency":"USD","amountMicros":"3","occurredAtMs":1795262400000,"origin":"/gateway","day":"2026-11-21","meter":"tokens","quantityMicros":"9000000","fingerprint":"e6zysbQBikv"}`;

test('entries of today are read tomorrow', () => {
  expect(
    read(FROZEN).map(({ kind, id, recordedAtMs, amountMicros, ...event }) => [
      ...[kind, id, recordedAtMs - 1_795_262_400_000, amountMicros],
      'balanceMicros' in event ? event.balanceMicros : undefined,
      'quantityMicros' in event ? event.quantityMicros : undefined,
    ]),
  ).toEqual([
    ['opening', 'opening', 1, 25_000_000n, 25_000_000n, undefined],
    ['charge', 'c1', 2, 50_000n, 24_950_000n, 1_000_000n],
    ['charge', 'c3', 2, 10_000n, 24_940_000n, 200_000n],
    ['usage', 'e1', 3, 3n, undefined, 9_000_000n],
    ['usage', 'e2', 3, 3n, undefined, 9_000_000n],
  ]);
});

describe('an entry of one event', () => {
  test.each(Object.values(CASES).map((each) => [each[0].kind, ...each] as const))(
    '%s is what was known of it and what was decided',
    (_kind, event, outcome, decided) => {
      const found = read(`${AT_MS} ${outcome}\n${encodeHead(event)}`);
      expect(found).toEqual([{ ...event, recordedAtMs: AT_MS, ...decided }]);
    },
  );

  test.each(Object.values(CASES).map(([event]) => [event.kind, event] as const))(
    '%s that did not come to pass is none',
    (_kind, event) => expect(read(`${AT_MS} -\n${encodeHead(event)}`)).toEqual([]),
  );

  test('keeps any id and text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 1 }),
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        (id, balanceMicros) => {
          const event = { ...base, kind: 'top_up' as const, id };
          const [found] = read(`${AT_MS} ${balanceMicros}\n${encodeHead(event)}`);
          expect(found).toEqual({ ...event, recordedAtMs: AT_MS, balanceMicros });
        },
      ),
    );
  });
});

const MOST = '9223372036854775807';
const LEAST = '-9223372036854775808';

/** The longest that a script can decide of each kind. */
const LONGEST: { [Kind in LedgerEvent['kind']]: string } = {
  opening: LEAST,
  top_up: LEAST,
  adjustment: LEAST,
  charge: `${LEAST},${MOST}`,
  reversal: [LEAST, MOST, MOST].join(),
  hold: [LEAST, MOST, '9999999999999'].join(),
  capture: [LEAST, MOST, MOST, MOST].join(),
  release: [LEAST, MOST, MOST, 'USD'].join(),
  expiry: [LEAST, MOST].join(),
  extension: [LEAST, MOST, '9999999999999', 'USD'].join(),
  terms: [LEAST, 'closed', MOST, 'USD'].join(),
  usage: '+',
};

test.each(Object.values(CASES).map(([event]) => [event.kind, event] as const))(
  '%s gains fewer bytes than batches are planned with',
  (kind, event) => {
    // What is asked for or charged is never less than what is granted or given back.
    const asked = 'amountMicros' in event ? { amountMicros: 2n ** 63n - 1n } : {};
    const entry = `9999999999999 ${LONGEST[kind]}\n${encodeHead({ ...event, ...asked } as UnrecordedEvent)}`;
    const json = JSON.stringify(readEntries(entry)[0]);
    expect(json.length).toBeLessThan(entry.length + MAX_DECIDED_BYTES);
  },
);

describe('the quantity', () => {
  const reversals = (
    charged: bigint,
    quantityMicros: bigint,
    parts: readonly bigint[],
  ): LedgerEvent[] => {
    let reversed = 0n;
    const entries = parts.map((part) => {
      reversed += part;
      const [event] = CASES.reversal;
      const head = encodeHead({ ...event, amountMicros: charged, quantityMicros } as typeof event);
      return `${AT_MS} 0,${part},${reversed}\n${head}`;
    });
    return read(entries.join('\n'));
  };
  const quantityOf = (event: LedgerEvent) =>
    'quantityMicros' in event ? event.quantityMicros : undefined;

  test('of a charge of less than was asked for is less in proportion, rounded down', () => {
    const [event] = CASES.charge;
    const head = encodeHead({ ...event, amountMicros: 3n, quantityMicros: 10n } as typeof event);
    const granted = ['0', '0,1', '0,2'].map((outcome) => read(`${AT_MS} ${outcome}\n${head}`)[0]);
    expect(granted.map((charge) => quantityOf(charge as LedgerEvent))).toEqual([10n, 3n, 6n]);
  });

  test('of one reversal of all is all', () => {
    expect(reversals(7n, 10n, [7n]).map(quantityOf)).toEqual([10n]);
  });

  test('of reversals of a charge in parts adds up to what it metered, and none takes off too much', () => {
    const parts = fc.array(fc.bigInt({ min: 1n, max: 10n ** 15n }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(parts, fc.bigInt({ min: 0n, max: 10n ** 18n }), (amounts, quantityMicros) => {
        const charged = amounts.reduce((sum, amount) => sum + amount);
        const quantities = reversals(charged, quantityMicros, amounts).map(
          (event) => quantityOf(event) as bigint,
        );
        expect(quantities.reduce((sum, part) => sum + part)).toBe(quantityMicros);
        for (const part of quantities) expect(part).toBeGreaterThanOrEqual(0n);
      }),
    );
  });
});
