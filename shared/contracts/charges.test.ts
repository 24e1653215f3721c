import { describe, expect, test } from '@jest/globals';
import { ChargeAnswer, ChargeBody, REFUSAL_REASONS } from './charges.ts';

const BODY = { client: 'acme', amount: '0.05', currency: 'USD', meter: 'requests', quantity: '2' };

describe('the body of a charge', () => {
  test('is read into micro-units and milliseconds', () => {
    expect(ChargeBody.parse({ ...BODY, id: 'a', occurredAt: '2026-11-21T12:00:00Z' })).toEqual({
      id: 'a',
      client: 'acme',
      amount: 50_000n,
      currency: 'USD',
      meter: 'requests',
      quantity: 2_000_000n,
      occurredAt: Date.UTC(2026, 10, 21, 12),
    });
  });

  test('has its keys in one order, whatever the order sent: the fingerprint depends on it', () => {
    const reversed = Object.fromEntries(Object.entries(BODY).reverse());
    expect(Object.keys(ChargeBody.parse(reversed))).toEqual(Object.keys(ChargeBody.parse(BODY)));
  });

  test.each(Object.keys(BODY))('needs %s', (key) => {
    expect(ChargeBody.safeParse({ ...BODY, [key]: undefined }).success).toBe(false);
  });

  test.each([[{ ...BODY, tip: '1' }], [[BODY]], ['acme'], [null]])('refuses %j', (body) => {
    expect(ChargeBody.safeParse(body).success).toBe(false);
  });
});

describe('the answer', () => {
  const yes = {
    id: 'a',
    client: 'acme',
    isAuthorized: true,
    amount: '0.05',
    currency: 'USD',
    balance: '9.95',
    recordedAt: '2026-11-21T12:00:00.000Z',
  };

  test('is one of two, and never a mixture', () => {
    expect(ChargeAnswer.parse(yes)).toEqual(yes);
    for (const reason of REFUSAL_REASONS) {
      const no = { id: 'a', client: 'acme', isAuthorized: false, reason };
      expect(ChargeAnswer.parse(no)).toEqual(no);
      expect(ChargeAnswer.safeParse({ ...yes, reason }).success).toBe(false);
      expect(ChargeAnswer.safeParse({ ...no, balance: '1' }).success).toBe(false);
    }
  });
});
