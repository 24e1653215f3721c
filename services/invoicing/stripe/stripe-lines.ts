import type { InvoiceSubmission } from '#shared/contracts/invoice-api.ts';
import type { InvoiceLine } from '#shared/contracts/invoices.ts';
import { apportion } from '#shared/domain/apportion.ts';
import { formatMicros, parseMicros } from '#shared/domain/money.ts';

/** A line as Stripe gets it, in its smallest unit of the currency. */
export interface StripeLine {
  readonly description: string;
  readonly amount: number;
}

/** Most items of one invoice of Stripe. */
export const MAX_STRIPE_LINES = 250;

/**
 * The lines of an invoice for Stripe: one for each of the package or, where these are more than Stripe takes, one for
 * each meter; and one that takes off what is paid. The same package always gives the same lines, and together they are
 * what is due of it, rounded once.
 */
export function toStripeLines({ lines, paid, currency }: InvoiceSubmission): StripeLine[] {
  const settled = settle(parseMicros(paid) as bigint);
  const most = MAX_STRIPE_LINES - settled.length;
  const written = lines.map(writeLine);
  const fitting = written.length <= most ? written : foldRest(foldDays(lines), most);
  const whole = [...fitting, ...settled];
  const amounts = toStripeAmounts(
    whole.map(({ amountMicros }) => amountMicros),
    currency,
  );
  return whole.map(({ description }, index) => ({
    description,
    amount: amounts[index] as number,
  }));
}

/** What an invoice comes to at Stripe: its total less what is paid of it. */
export function dueAtStripe({ total, paid, currency }: InvoiceSubmission): number {
  const dueMicros = (parseMicros(total) as bigint) - (parseMicros(paid) as bigint);
  return toStripeAmounts([dueMicros], currency)[0] as number;
}

/** The line that leaves what is due of a total. */
function settle(paidMicros: bigint): WrittenLine[] {
  if (paidMicros === 0n) return [];
  const description =
    paidMicros > 0n ? 'paid from the prepaid balance' : 'given back to the prepaid balance';
  return [{ description, amountMicros: -paidMicros }];
}

interface WrittenLine {
  readonly description: string;
  readonly amountMicros: bigint;
}

type MeteredLine = Extract<InvoiceLine, { meter: string }>;

const KINDS = { usage: '', adjustment: 'adjustment: ', credit: 'given back: ' } as const;
const MAX_DESCRIPTION = 250;

function writeLine(line: InvoiceLine): WrittenLine {
  const amountMicros = parseMicros(line.amount) as bigint;
  if (line.kind === 'carry_over') {
    return { description: `carried over from ${line.from}`, amountMicros };
  }
  if (line.kind === 'correction') {
    return { description: line.description.slice(0, MAX_DESCRIPTION), amountMicros };
  }
  return { description: describeMetered(line, line.day, line.quantity), amountMicros };
}

function describeMetered({ kind, meter, source }: MeteredLine, days: string, quantity: string) {
  return `${KINDS[kind]}${meter}, ${days}, ${source}: ${quantity}`;
}

/** All days of a kind, meter and source as one line, where its first day stood. */
function foldDays(lines: readonly InvoiceLine[]): WrittenLine[] {
  const groups = Map.groupBy(lines, (line, index) =>
    'meter' in line ? `${line.kind} ${line.meter} ${line.source}` : index,
  );
  return [...groups.values()].map((group) => {
    const [first] = group as [InvoiceLine];
    if (!('meter' in first) || group.length === 1) return writeLine(first);
    const metered = group as MeteredLine[];
    const days = metered.map(({ day }) => day).sort();
    const quantity = sumOf(metered.map((line) => parseMicros(line.quantity) as bigint));
    return {
      description: describeMetered(first, `${days[0]} to ${days.at(-1)}`, formatMicros(quantity)),
      amountMicros: sumOf(metered.map((line) => parseMicros(line.amount) as bigint)),
    };
  });
}

/** With more meters than Stripe takes lines, the last ones as one. */
function foldRest(lines: readonly WrittenLine[], most: number): readonly WrittenLine[] {
  if (lines.length <= most) return lines;
  const rest = lines.slice(most - 1);
  return [
    ...lines.slice(0, most - 1),
    {
      description: `${rest.length} further lines`,
      amountMicros: sumOf(rest.map(({ amountMicros }) => amountMicros)),
    },
  ];
}

const sumOf = (values: readonly bigint[]) => values.reduce((sum, value) => sum + value, 0n);

/** What Stripe counts a currency in, where that is not a hundredth: https://docs.stripe.com/currencies. */
const WHOLE_UNITS = new Set(
  'BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF'.split(' '),
);
/** Without decimals, and yet counted in hundredths. */
const WHOLE_UNITS_IN_HUNDREDTHS = new Set(['ISK', 'UGX']);
/** Counted in thousandths, of which the last digit has to be 0. */
const THOUSANDTHS = new Set(['BHD', 'JOD', 'KWD', 'OMR', 'TND']);

function stepOf(currency: string): { readonly micros: bigint; readonly counts: number } {
  if (WHOLE_UNITS.has(currency)) return { micros: 1_000_000n, counts: 1 };
  if (WHOLE_UNITS_IN_HUNDREDTHS.has(currency)) return { micros: 1_000_000n, counts: 100 };
  return { micros: 10_000n, counts: THOUSANDTHS.has(currency) ? 10 : 1 };
}

/** Each amount in whole steps of its currency: together the rounded sum, each less than a step off. */
export function toStripeAmounts(amountsMicros: readonly bigint[], currency: string): number[] {
  const { micros, counts } = stepOf(currency);
  return apportion(amountsMicros, micros).map((steps) => Number(steps) * counts);
}
