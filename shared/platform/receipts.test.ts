import { describe, expect, test } from '@jest/globals';
import { fingerprintOf, receiptsKey, withReceipts } from './receipts.ts';

describe('fingerprintOf', () => {
  const request = { client: 'acme', amount: 50_000n, occurredAt: 1 };

  test('is the same for the same request, and frozen: receipts outlive a deploy', () => {
    expect(fingerprintOf({ ...request })).toBe(fingerprintOf(request));
    expect(fingerprintOf(request)).toMatch(/^[\w-]{16}$/);
    expect(fingerprintOf({ client: 'acme', amount: 1n })).toBe('Ng5B7k39wWuDqyH0');
  });

  test.each([
    [{ ...request, client: 'acmf' }],
    [{ ...request, amount: 50_001n }],
    [{ client: 'acme', amount: 50_000n }],
    [{ ...request, meter: 'requests' }],
  ])('is another for %o', (other) => expect(fingerprintOf(other)).not.toBe(fingerprintOf(request)));

  test('takes what is undefined for absent, and bigint for its text', () => {
    expect(fingerprintOf({ a: undefined, b: 1n })).toBe(fingerprintOf({ b: '1' }));
  });
});

test('the slices of a shard share its hash tag', () => {
  expect(receiptsKey(7)).toBe('{s007}:receipts');
});

test('the receipt functions come before the script', () => {
  const script = withReceipts('return find_receipt()');
  expect(script.indexOf('local function find_receipt')).toBeGreaterThan(-1);
  expect(script.indexOf('local function find_receipt')).toBeLessThan(
    script.indexOf('return find_receipt()'),
  );
});
