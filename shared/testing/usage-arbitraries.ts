import fc from 'fast-check';
import type { UsageKey, UsageSum } from '#shared/domain/usage.ts';

/** Keys out of so few parts that they meet often. */
export const usageKeys: fc.Arbitrary<UsageKey> = fc.record({
  client: fc.constantFrom('acme', 'acme.eu', 'b', 'z@1'),
  day: fc.constantFrom('2026-11-01', '2026-11-02', '2026-11-15'),
  meter: fc.constantFrom('sms', 'api.calls', 'tokens'),
  currency: fc.constantFrom('EUR', 'USD'),
  source: fc.constantFrom('prepaid', 'postpaid', 'reversal'),
});

export const usageSum: fc.Arbitrary<UsageSum> = fc
  .tuple(
    usageKeys,
    fc.record({
      events: fc.integer({ min: 1, max: 1_000 }),
      // Below zero where more was given back than was used.
      quantityMicros: fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }),
      amountMicros: fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }),
    }),
  )
  .map(([key, totals]) => ({ ...key, ...totals }));

/** Sums of usage, several of them of one key. */
export const usageSums = fc.array(usageSum, { maxLength: 30 });
