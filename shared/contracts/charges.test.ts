import { describe, expect, test } from '@jest/globals';
import {
  ChargeAnswer,
  ChargeBatch,
  ChargeBatchAnswer,
  ChargeBody,
  MAX_BATCH_CHARGES,
  REFUSAL_REASONS,
} from './charges.ts';

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

  test('may ask for what is left', () => {
    expect(ChargeBody.parse({ ...BODY, upTo: true }).upTo).toBe(true);
    expect(ChargeBody.safeParse({ ...BODY, upTo: 'true' }).success).toBe(false);
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

  test('of a charge up to an amount says what was asked for and granted', () => {
    const granted = { ...yes, requestedAmount: '0.10', quantity: '1' };
    expect(ChargeAnswer.parse(granted)).toEqual(granted);
  });
});

describe('a batch', () => {
  const charges = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ ...BODY, id: `c-${index}` }));

  test('holds up to 1,000 charges, each with an id', () => {
    expect(MAX_BATCH_CHARGES).toBe(1_000);
    expect(ChargeBatch.parse({ charges: charges(1_000) }).charges).toHaveLength(1_000);
    for (const refused of [charges(0), charges(1_001), [BODY], [{ ...BODY, id: 'a b' }]]) {
      expect(ChargeBatch.safeParse({ charges: refused }).success).toBe(false);
    }
    expect(ChargeBatch.safeParse({ charges: charges(1), note: 'x' }).success).toBe(false);
  });

  test('is answered charge by charge: an answer, or the problem that it would have been alone', () => {
    const problem = { type: 'urn:x', title: 'X', status: 409, code: 'id_reused', detail: 'X.' };
    const answers = [
      { id: 'a', client: 'acme', isAuthorized: false, reason: 'insufficient_balance' },
      { id: 'b', client: 'acme', problem: { ...problem, data: { fingerprint: 'x' } } },
    ];
    expect(ChargeBatchAnswer.safeParse({ answers }).success).toBe(true);
    const mixed = { ...answers[0], problem };
    expect(ChargeBatchAnswer.safeParse({ answers: [mixed] }).success).toBe(false);
  });
});
