import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { InvoiceSubmission } from '#shared/contracts/invoice-api.ts';
import type { InvoiceLine } from '#shared/contracts/invoices.ts';
import { formatAmount } from '#shared/domain/money.ts';
import { MAX_STRIPE_LINES, toStripeAmounts, toStripeLines } from './stripe-lines.ts';

const STEPS: [string, bigint, number][] = [
  ['USD', 10_000n, 1],
  ['JPY', 1_000_000n, 1],
  ['ISK', 1_000_000n, 100],
  ['KWD', 10_000n, 10],
];

describe('amounts', () => {
  test.each(STEPS)('in %s together are the rounded sum, each less than a step off', (...step) => {
    const [currency, micros, counts] = step;
    fc.assert(
      fc.property(fc.array(fc.bigInt(-(10n ** 12n), 10n ** 12n)), (amounts) => {
        const units = toStripeAmounts(amounts, currency);
        const sum = amounts.reduce((total, amount) => total + amount, 0n);
        const total = units.reduce((all, unit) => all + unit, 0);
        expect(total % counts).toBeCloseTo(0);
        const off = BigInt(total / counts) * micros - sum;
        expect(2n * off <= micros && 2n * off > -micros).toBe(true);
        for (const [index, unit] of units.entries()) {
          const offOne = BigInt(unit / counts) * micros - (amounts[index] as bigint);
          expect(offOne < micros && offOne > -micros).toBe(true);
        }
      }),
    );
  });

  test.each<[string, bigint[], number[]]>([
    ['USD', [15_000n, 15_000n, 0n, -10_000n], [2, 1, 0, -1]],
    ['JPY', [1_500_000n, 400_000n], [2, 0]],
    ['KWD', [1_234_000n], [1_230]],
    ['UGX', [3_000_000n], [300]],
    ['USD', [4_000n], [0]],
    ['USD', [-5_000n, -1n], [-1, 0]],
  ])('%s: %j become %j', (currency, amounts, expected) => {
    expect(toStripeAmounts(amounts, currency)).toEqual(expected);
  });
});

const metered = (over: Partial<Extract<InvoiceLine, { meter: string }>> = {}): InvoiceLine => ({
  ...{ kind: 'usage', day: '2026-11-03', meter: 'sms', source: 'postpaid', events: 1 },
  ...{ quantity: '2', amount: '0.02' },
  ...over,
});

function submissionOf(lines: InvoiceLine[]): InvoiceSubmission {
  return {
    ...{ id: '2026-11-H1.1.acme', client: 'acme', period: '2026-11-H1', revision: 1 },
    ...{ currency: 'USD', total: '1.00', lines },
  };
}

test('each line says what it is', () => {
  const lines = toStripeLines(
    submissionOf([
      metered(),
      metered({ kind: 'adjustment', source: 'prepaid' }),
      metered({ kind: 'credit', source: 'reversal', quantity: '-2', amount: '-0.02' }),
      { kind: 'carry_over', from: '2026-10-H2.1.acme', amount: '0.10' },
      { kind: 'correction', description: 'as agreed by phone', amount: '-0.05' },
    ]),
  );
  expect(lines).toEqual([
    { description: 'sms, 2026-11-03, postpaid: 2', amount: 2 },
    { description: 'adjustment: sms, 2026-11-03, prepaid: 2', amount: 2 },
    { description: 'given back: sms, 2026-11-03, reversal: -2', amount: -2 },
    { description: 'carried over from 2026-10-H2.1.acme', amount: 10 },
    { description: 'as agreed by phone', amount: -5 },
  ]);
});

const dayOf = (index: number) => `2026-11-${String((index % 15) + 1).padStart(2, '0')}`;

test('more lines than Stripe takes become one for each meter, and add up to the same', () => {
  const lines = Array.from({ length: 300 }, (_, index) =>
    metered({ meter: `meter-${Math.floor(index / 15)}`, day: dayOf(index), amount: '0.013' }),
  );
  const folded = toStripeLines(submissionOf(lines));
  expect(folded).toHaveLength(20);
  expect(folded[0]?.description).toBe('meter-0, 2026-11-01 to 2026-11-15, postpaid: 30');
  expect(folded.reduce((sum, { amount }) => sum + amount, 0)).toBe(390);
});

test('and with more meters than Stripe takes lines the last are one', () => {
  const lines = Array.from({ length: 400 }, (_, index) =>
    metered({ meter: `meter-${index}`, amount: formatAmount(BigInt(index) * 10_000n) }),
  );
  const folded = toStripeLines(submissionOf(lines));
  expect(folded).toHaveLength(MAX_STRIPE_LINES);
  expect(folded.at(-1)?.description).toBe('151 further lines');
  expect(folded.reduce((sum, { amount }) => sum + amount, 0)).toBe((399 * 400) / 2);
});
