import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { InvoiceSubmission } from '#shared/contracts/invoice-api.ts';
import type { InvoiceLine } from '#shared/contracts/invoices.ts';
import { formatAmount, parseMicros } from '#shared/domain/money.ts';
import { dueAtStripe, MAX_STRIPE_LINES, toStripeAmounts, toStripeLines } from './stripe-lines.ts';

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

function submissionOf(lines: InvoiceLine[], paid = '0.00', currency = 'USD'): InvoiceSubmission {
  const totalMicros = lines.reduce((sum, { amount }) => sum + (parseMicros(amount) as bigint), 0n);
  return {
    ...{ id: '2026-11-H1.1.acme', client: 'acme', period: '2026-11-H1', revision: 1 },
    ...{ currency, total: formatAmount(totalMicros), paid, lines },
  };
}

test('each line says what it is', () => {
  const lines = toStripeLines(
    submissionOf([
      metered(),
      metered({ kind: 'adjustment', source: 'prepaid' }),
      metered({ kind: 'credit', source: 'reversal', quantity: '-2', amount: '-0.02' }),
      { kind: 'carry_over', from: '2026-10-H2.1.acme', amount: '0.10', paid: '0.00' },
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

describe('what is paid', () => {
  const isSettling = ({ description }: { description: string }) =>
    /prepaid balance$/.test(description);

  test.each<[string, string, number[]]>([
    ['0.04', 'paid from the prepaid balance', [2, 2, -4]],
    ['0.015', 'paid from the prepaid balance', [2, 2, -1]],
    ['-0.03', 'given back to the prepaid balance', [2, 2, 3]],
  ])('%s is a line of its own: %s', (paid, description, amounts) => {
    const lines = toStripeLines(submissionOf([metered(), metered()], paid));
    expect(lines.at(-1)?.description).toBe(description);
    expect(lines.map(({ amount }) => amount)).toEqual(amounts);
  });

  const some = fc.bigInt({ min: -(10n ** 9n), max: 10n ** 9n });
  test.each(STEPS)(
    'in %s leaves what is due, rounded once, within the lines that Stripe takes',
    (currency) => {
      const counts = fc.oneof(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: MAX_STRIPE_LINES - 2, max: MAX_STRIPE_LINES + 3 }),
      );
      const draw = fc.record({
        amounts: counts.chain((length) => fc.array(some, { minLength: length, maxLength: length })),
        paidMicros: fc.oneof(fc.constant(0n), some),
        meters: fc.constantFrom(3, 1_000),
      });
      fc.assert(
        fc.property(draw, ({ amounts, paidMicros, meters }) => {
          const submission = submissionOf(
            amounts.map((amountMicros, index) =>
              metered({ meter: `m-${index % meters}`, amount: formatAmount(amountMicros) }),
            ),
            formatAmount(paidMicros),
            currency,
          );
          const lines = toStripeLines(submission);
          expect(lines.length).toBeLessThanOrEqual(MAX_STRIPE_LINES);
          expect(lines.filter(isSettling)).toHaveLength(paidMicros === 0n ? 0 : 1);
          const due = lines.reduce((sum, { amount }) => sum + amount, 0);
          expect(due).toBe(dueAtStripe(submission));
          const sumMicros = amounts.reduce((sum, amount) => sum + amount, -paidMicros);
          expect([due]).toEqual(toStripeAmounts([sumMicros], currency));
        }),
        { numRuns: 60 },
      );
    },
  );

  test('of an invoice all paid leaves nothing, in whatever parts it was charged', () => {
    fc.assert(
      fc.property(fc.array(some, { minLength: 1, maxLength: 20 }), (amounts) => {
        const charges = amounts.map((micros) =>
          metered({ source: micros < 0n ? 'reversal' : 'prepaid', amount: formatAmount(micros) }),
        );
        const paid = formatAmount(amounts.reduce((sum, amount) => sum + amount, 0n));
        const lines = toStripeLines(submissionOf(charges, paid));
        expect(lines.reduce((sum, { amount }) => sum + amount, 0)).toBeCloseTo(0);
      }),
    );
  });
});
