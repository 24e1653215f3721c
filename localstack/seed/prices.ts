import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';
import * as field from '#shared/contracts/fields.ts';
import type { Price, PriceList } from '#shared/domain/price.ts';

const PriceFile = z
  .array(
    z.strictObject({
      meter: z.union([field.meter, z.literal('*')]),
      currency: field.currency,
      amount: field.amount,
      per: z.pipe(
        field.quantity,
        z.bigint().check(z.refine((micros) => micros > 0n, { error: 'must be above zero' })),
      ),
    }),
  )
  .check(
    z.refine((prices) => new Set(prices.map(({ meter }) => meter)).size === prices.length, {
      error: 'must price each meter once',
    }),
  );

/** Reads a price file: a list of `{meter, currency, amount, per}`, where `amount` is what `per` units of the meter cost. */
export function readPrices(
  file: string | URL = new URL('./prices.json', import.meta.url),
): PriceList {
  return parsePrices(readFileSync(file, 'utf8'));
}

/** Throws with every fault and its place where the text is no price list. */
export function parsePrices(json: string): PriceList {
  const parsed = PriceFile.safeParse(JSON.parse(json));
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
    throw new Error(`The price list cannot be used: ${faults.join('; ')}.`);
  }
  return new Map(
    parsed.data.map(({ meter, currency, amount, per }): [string, Price] => [
      meter,
      { currency, amountMicros: amount, perQuantityMicros: per },
    ]),
  );
}
