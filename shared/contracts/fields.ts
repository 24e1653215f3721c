import * as z from 'zod/mini';
import { isHalfMonth } from '#shared/domain/billing-period.ts';
import {
  isCurrency,
  MAX_AMOUNT_MICROS,
  MAX_QUANTITY_MICROS,
  parseMicros,
} from '#shared/domain/money.ts';

/** The fields that bodies share. Each says in its message what to send instead. */

export const client = z.string().check(
  z.regex(/^[A-Za-z0-9][A-Za-z0-9._:@+~=-]{0,127}$/, {
    error: 'must be 1 to 128 letters, digits or ._:@+~=- and start with a letter or digit',
  }),
);

export const meter = z.string().check(
  z.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, {
    error: 'must be 1 to 64 letters, digits or ._- and start with a letter or digit',
  }),
);

/** An id that a sender chooses: printable ASCII without spaces. */
export const id = z.string().check(
  z.regex(/^[\x21-\x7e]{1,128}$/, {
    error: 'must be 1 to 128 printable ASCII characters without spaces',
  }),
);

export const currency = z.string().check(
  z.refine((code) => isCurrency(code), {
    error: 'must be a currency code of ISO 4217, such as USD',
  }),
);

/** A half month of the billing time zone. */
export const period = z
  .string()
  .check(z.refine(isHalfMonth, { error: 'must be a half month, such as 2026-11-H1' }));

/** Why an invoice is parked or was not sent. */
export const reason = z
  .string()
  .check(z.regex(/^[a-z_]{1,64}$/, { error: 'must be a reason, such as attempts_exhausted' }));

function decimal(minMicros: bigint, maxMicros: bigint, error: string) {
  return z.pipe(
    z.string().check(z.regex(/^-?\d{1,15}(\.\d{1,6})?$/, { error })),
    z.transform((text, { issues }) => {
      const micros = parseMicros(text) as bigint;
      if (micros >= minMicros && micros <= maxMicros) return micros;
      issues.push({ code: 'custom', message: error, input: text });
      return z.NEVER;
    }),
  );
}

const AMOUNT_ERROR =
  'must be a decimal string with at most 6 decimals, such as "0.05", at most "1000000000"';

/** An amount above zero, in major units on the wire and micro-units inside. */
export const positiveAmount = decimal(1n, MAX_AMOUNT_MICROS, `${AMOUNT_ERROR}, above zero`);

/** An amount of zero or more. */
export const amount = decimal(0n, MAX_AMOUNT_MICROS, `${AMOUNT_ERROR}, zero or more`);

/** An amount of either sign, for adjustments. */
export const signedAmount = decimal(-MAX_AMOUNT_MICROS, MAX_AMOUNT_MICROS, AMOUNT_ERROR);

export const quantity = decimal(
  0n,
  MAX_QUANTITY_MICROS,
  'must be a decimal string with at most 6 decimals, zero or more, at most "1000000000000"',
);

const RFC_3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/** Date.parse takes 30 February for 2 March. */
function isOnCalendar(text: string): boolean {
  const [year, month, day] = [text.slice(0, 4), text.slice(5, 7), text.slice(8, 10)].map(
    Number,
  ) as [number, number, number];
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() + 1 === month && date.getUTCDate() === day;
}

/** A time of RFC 3339, as Unix milliseconds inside. */
export const time = z.pipe(
  z.string().check(
    z.regex(RFC_3339, {
      error: 'must be a time of RFC 3339 with its offset, such as 2026-11-21T12:00:00Z',
    }),
  ),
  z.transform((text, { issues }) => {
    if (isOnCalendar(text)) return Date.parse(text);
    issues.push({ code: 'custom', message: 'is not a day of the calendar', input: text });
    return z.NEVER;
  }),
);

/** Micro-units between our own parts: an integer as a string. */
export const micros = z.pipe(
  z.string().check(z.regex(/^-?\d{1,19}$/)),
  z.transform((text) => BigInt(text)),
);

export const day = z
  .string()
  .check(
    z.regex(/^\d{4}-\d{2}-\d{2}$/, { abort: true }),
    z.refine(isDay, { error: 'is not a day' }),
  );

function isDay(text: string): boolean {
  const atMs = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(atMs) && new Date(atMs).toISOString().startsWith(text);
}
