import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CarryOver } from '#shared/domain/carry-over.ts';
import { MAX_AMOUNT_MICROS, MAX_QUANTITY_MICROS } from '#shared/domain/money.ts';
import { isMeteredLine, type MeteredLine } from '#shared/domain/package-line.ts';
import {
  correctedPackage,
  MAX_CARRIED,
  MAX_PACKAGE_LINES,
  packagesToAdd,
} from '#shared/domain/packaging.ts';
import type { DailyRecord } from '#shared/domain/usage.ts';
import { usageSums } from '#shared/testing/usage-arbitraries.ts';
import { MAX_CORRECTION_LINES } from './correct-package.ts';
import {
  DamagedLinesError,
  type FrozenPackage,
  freezePackage,
  linesKeyOf,
  linesOfPeriod,
  MAX_LINES_BYTES,
  type PackedLines,
  unpackLines,
} from './frozen-package.ts';
import type { InvoiceItem } from './invoice-item.ts';

const PERIOD = '2026-11-H1';
const LINE: MeteredLine = {
  ...{ kind: 'usage', client: 'acme', day: '2026-11-03', meter: 'sms', currency: 'EUR' },
  ...{ source: 'postpaid', events: 3, quantityMicros: 3_000_000n, amountMicros: 1_500_000n },
};
const RULES = { minimumMicros: new Map(), carriesOver: false };
const made = correctedPackage(
  { id: '', client: 'acme', period: PERIOD, currency: 'EUR', lines: [LINE] },
  [],
  1,
  RULES,
);
const frozen = freezePackage(made, 1);

const open = fc.array(
  fc.record({
    ...{ client: fc.constant('acme'), currency: fc.constantFrom('EUR', 'USD') },
    from: fc.constantFrom('2026-10-H1.1.acme', '2026-10-H2.1.acme'),
    ...{ amountMicros: fc.bigInt(), paidMicros: fc.bigInt() },
  }),
  { maxLength: 3 },
);

test('lines read back as they were frozen, and their hash is over the text that is packed', () => {
  fc.assert(
    fc.property(usageSums, open, (sums, carries) => {
      const terms = { rules: RULES, open: carries };
      for (const invoice of packagesToAdd('acme', PERIOD, sums, [], 1, terms)) {
        const { item, packed } = freezePackage(invoice, 1);
        const text = gunzipSync(packed.lines).toString('utf8');
        expect(unpackLines({ item, packed })).toEqual({ lines: invoice.lines, text });
        expect(item.linesSha256).toBe(createHash('sha256').update(text).digest('hex'));
      }
    }),
  );
});

test('the text is what clients hash: JSON, amounts and quantities as strings of micro-units', () => {
  expect(unpackLines(frozen).text).toBe(
    '[{"kind":"usage","client":"acme","day":"2026-11-03","meter":"sms","currency":"EUR","source":"postpaid","events":3,"quantityMicros":"3000000","amountMicros":"1500000"}]',
  );
  const sum: DailyRecord = { ...LINE, source: 'prepaid' };
  const from = '2026-10-H2.1.acme';
  const carry: CarryOver = {
    ...{ client: 'acme', currency: 'EUR', from },
    ...{ amountMicros: 40n, paidMicros: -5n },
  };
  const terms = { rules: RULES, open: [carry] };
  const [carrying] = packagesToAdd('acme', PERIOD, [sum], [], 1, terms);
  const goodwill = { kind: 'correction', description: 'x', amountMicros: -1n } as const;
  const corrected = carrying && correctedPackage(carrying, [goodwill], 2, RULES);
  expect(corrected && unpackLines(freezePackage(corrected, 1)).text).toMatch(
    /,\{"kind":"carry_over","from":"2026-10-H2\.1\.acme","amountMicros":"40","paidMicros":"-5"\},\{"kind":"correction","description":"x","amountMicros":"-1"\}\]$/,
  );
});

test('lines lie beside their package, under a key of what they are', () => {
  const { pk, sk } = frozen.packed;
  expect({ pk, sk }).toEqual(linesKeyOf(frozen.item));
  expect(pk).toBe(frozen.item.pk);
  expect(sk).toBe(`LINES#2026-11-H1#000001#${frozen.item.linesSha256}`);
  expect(sk.startsWith(linesOfPeriod(PERIOD))).toBe(true);
  // In a scan, packages come first.
  expect(frozen.item.sk < sk).toBe(true);
});

describe('what is not as it was frozen is noticed:', () => {
  const { item, packed } = frozen;
  const repacked = (text: string, changes: Partial<InvoiceItem> = {}): FrozenPackage => ({
    item: { ...item, ...changes },
    packed: { ...packed, lines: gzipSync(text) },
  });
  const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
  const text = unpackLines(frozen).text;
  test.each<[string, FrozenPackage, string]>([
    ['no lines', { item, packed: undefined }, 'are missing'],
    ['not gzip', { item, packed: { ...packed, lines: Buffer.from('x') } }, 'cannot be unpacked'],
    [
      'no bytes at all',
      { item, packed: { pk: packed.pk, sk: packed.sk } as PackedLines },
      'cannot be unpacked',
    ],
    [
      'a part of it',
      { item, packed: { ...packed, lines: packed.lines.slice(0, -9) } },
      'cannot be unpacked',
    ],
    ['too much of it', repacked('x'.repeat(MAX_LINES_BYTES + 1)), 'cannot be unpacked'],
    ['other lines', repacked(text.replace('"events":3', '"events":4')), 'are not those'],
    ['the same lines written otherwise', repacked(` ${text}`), 'are not those'],
    ['another hash', repacked(text, { linesSha256: hashOf('x') }), 'are not those'],
    ['no JSON', repacked('{', { linesSha256: hashOf('{') }), 'are no lines'],
  ])('%s', (_, damaged, why) => {
    expect(() => unpackLines(damaged)).toThrow(DamagedLinesError);
    expect(() => unpackLines(damaged)).toThrow(`the lines of 2026-11-H1.1.acme ${why}`);
  });

  test('with any flipped bit they are the same lines, or damaged, and never others', () => {
    const told = { same: 0, damaged: 0 };
    for (let bit = 0; bit < packed.lines.length * 8; bit++) {
      const lines = Uint8Array.from(packed.lines);
      const at = bit >> 3;
      lines[at] = (lines[at] ?? 0) ^ (1 << (bit & 7));
      try {
        expect(unpackLines({ item, packed: { ...packed, lines } }).text).toBe(text);
        told.same += 1;
      } catch (error) {
        if (!(error instanceof DamagedLinesError)) throw error;
        told.damaged += 1;
      }
    }
    // What gzip does not look at: when and where it was made, and what fills up its last byte.
    expect(told.same).toBeLessThan(8 * 8);
    expect(told.damaged).toBeGreaterThan(1_000);
  });
});

const CLIENT = 'c'.repeat(128);

test('the largest package fits into an item even if it could not be compressed', () => {
  const sums = Array.from(
    { length: MAX_PACKAGE_LINES },
    (_, index): DailyRecord => ({
      client: CLIENT,
      day: '2026-11-03',
      meter: String(index).padStart(64, 'm'),
      currency: 'EUR',
      source: 'postpaid',
      events: 999_999_999,
      quantityMicros: MAX_QUANTITY_MICROS * 1_000_000n,
      amountMicros: -MAX_AMOUNT_MICROS * 1_000_000n,
      tree: { size: 999_999_999, root: 'f'.repeat(64) },
    }),
  );
  const open = Array.from(
    { length: MAX_CARRIED },
    (_, index): CarryOver => ({
      ...{ client: CLIENT, currency: 'EUR' },
      ...{ amountMicros: MAX_AMOUNT_MICROS, paidMicros: -MAX_AMOUNT_MICROS * 1_000_000n },
      from: `2026-10-H2.${index + 100_000}.${CLIENT}`,
    }),
  );
  const [largest] = packagesToAdd(CLIENT, PERIOD, sums, [], 1, { rules: RULES, open });
  if (!largest) throw new Error('no package');
  const lines = largest.lines.map((line) =>
    isMeteredLine(line) ? { ...line, kind: 'adjustment' as const } : line,
  );
  const corrections = Array.from({ length: MAX_CORRECTION_LINES }, () => ({
    ...{ kind: 'correction' as const, description: '\u20ac'.repeat(200) },
    amountMicros: -MAX_AMOUNT_MICROS,
  }));
  const corrected = correctedPackage({ ...largest, lines }, corrections, 2, RULES);
  const { text } = unpackLines(freezePackage(corrected, 1));
  expect(lines.length).toBe(MAX_PACKAGE_LINES + MAX_CARRIED);
  expect(Buffer.byteLength(text)).toBeLessThan(MAX_LINES_BYTES);
});

test('more than an item is sure to hold is not frozen, and the reason says how much it is', () => {
  const correction = { kind: 'correction' as const, amountMicros: 1n };
  const description = 'x'.repeat(MAX_LINES_BYTES);
  const huge = correctedPackage(
    { id: '', client: 'acme', period: PERIOD, currency: 'EUR', lines: [LINE] },
    [{ ...correction, description }],
    7,
    RULES,
  );
  expect(() => freezePackage(huge, 1)).toThrow(
    /^the lines of 2026-11-H1\.7\.acme take 4\d{5} bytes, more than the 408576 that an item is sure to hold$/,
  );
});
