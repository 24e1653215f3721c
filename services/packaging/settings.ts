import * as z from 'zod/mini';
import type { PackagingRules } from '#shared/domain/carry-over.ts';
import { isCurrency, parseMicros } from '#shared/domain/money.ts';

const ERROR = 'must be amounts by currency, such as EUR 5.00, USD 5.00, each currency once';

/** Of every function that makes packages. */
export const ruleSettings = {
  /** The least total that is invoiced, by currency; where there is none, all that is above zero. */
  MINIMUM_INVOICE_AMOUNTS: z.pipe(
    z._default(z.string(), ''),
    z.transform((text, { issues }) => {
      const minimumMicros = parseAmounts(text);
      if (minimumMicros) return minimumMicros;
      issues.push({ code: 'custom', message: ERROR, input: text });
      return z.NEVER;
    }),
  ),
  CARRY_OVER: z.enum(['true', 'false']),
};

export function rulesOf(env: {
  readonly MINIMUM_INVOICE_AMOUNTS: ReadonlyMap<string, bigint>;
  readonly CARRY_OVER: 'true' | 'false';
}): PackagingRules {
  return { minimumMicros: env.MINIMUM_INVOICE_AMOUNTS, carriesOver: env.CARRY_OVER === 'true' };
}

function parseAmounts(text: string): Map<string, bigint> | undefined {
  const amounts = new Map<string, bigint>();
  if (text.trim() === '') return amounts;
  for (const part of text.split(',')) {
    const [currency = '', amount = '', ...rest] = part.trim().split(/ +/);
    const micros = parseMicros(amount);
    const isRight = isCurrency(currency) && micros !== undefined && micros > 0n;
    if (!isRight || rest.length > 0 || amounts.has(currency)) return undefined;
    amounts.set(currency, micros);
  }
  return amounts;
}
