import { describe, expect, test } from '@jest/globals';
import {
  FINGERPRINT_LENGTH,
  fingerprintOf,
  receiptField,
  receiptsKey,
  withReceipts,
} from './receipts.ts';

describe('fingerprintOf', () => {
  const request = ['acme', 50_000n, 'EUR', 1] as const;

  test('is the same for the same parts, and frozen: receipts outlive a deploy', () => {
    expect(fingerprintOf(...request)).toBe(fingerprintOf(...request));
    expect(fingerprintOf(...request)).toMatch(/^[\w-]+$/);
    expect(fingerprintOf(...request)).toHaveLength(FINGERPRINT_LENGTH);
    expect(fingerprintOf('acme', 1n, undefined, false)).toBe('e6zysbQBikv');
  });

  test.each([
    [['acmf', 50_000n, 'EUR', 1]],
    [['acme', 50_001n, 'EUR', 1]],
    [['acme', 50_000n, 'EUR']],
    [['acme', 50_000n, undefined, 'EUR', 1]],
    [['acme', 50_000n, 1, 'EUR']],
    [['acme50000', 'EUR', 1]],
    [['acme', 50_000n, 'EUR', 1, false]],
  ])('is another for %o', (other) =>
    expect(fingerprintOf(...other)).not.toBe(fingerprintOf(...request)),
  );

  test('takes a number or bigint for its text', () => {
    expect(fingerprintOf(1n, 2, true)).toBe(fingerprintOf('1', '2', 'true'));
  });
});

test('the field of a receipt is short, its own for each id, and frozen', () => {
  expect(receiptField('charge', 'acme', 'order-1')).toBe('fxIrhTcjS8CGHcLJyT-u');
  const fields = [
    receiptField('charge', 'acme', 'order-1'),
    receiptField('charge', 'acme', 'order-2'),
    receiptField('charge', 'acmeorder-1'),
    receiptField('top_up', 'acme', 'order-1'),
  ];
  expect(new Set(fields).size).toBe(4);
  for (const field of fields) expect(field).toMatch(/^[\w-]{20}$/);
});

test('the slices of a shard share its hash tag', () => {
  expect(receiptsKey(7)).toBe('{s007}:receipts');
});

test('the receipt functions come before the script', () => {
  const script = withReceipts('return find_receipts()');
  expect(script.indexOf('local function find_receipts')).toBeGreaterThan(-1);
  expect(script.indexOf('local function find_receipts')).toBeLessThan(
    script.indexOf('return find_receipts()'),
  );
});
