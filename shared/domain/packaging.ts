import type { HalfMonth } from './billing-period.ts';
import {
  type CarryOver,
  type PackagingRules,
  PLAIN_RULES,
  type SkipReason,
  skipReasonOf,
} from './carry-over.ts';
import {
  type CarryOverLine,
  type CorrectionLine,
  type MeteredLine,
  type PackageLine,
  paidOf,
  totalOf,
} from './package-line.ts';
import { type DailyRecord, foldUsage, type TreeHead, type UsageSum, usageKeyOf } from './usage.ts';

/** A frozen package: its lines never change, its id is a function of client, period and revision. */
export interface InvoicePackage {
  readonly id: string;
  readonly client: string;
  readonly period: HalfMonth;
  /** 1 for the first package of a client and period. */
  readonly revision: number;
  readonly currency: string;
  readonly lines: readonly PackageLine[];
  readonly totalMicros: bigint;
  /** How much of the total the client has paid from its balance already; what is due is the rest. */
  readonly paidMicros: bigint;
  /** What its run has to bill in this currency goes on in the next revision. */
  readonly isContinued?: true;
  /** Why it is not sent. */
  readonly skipReason?: SkipReason;
  /** What the next package of this client and currency takes over, since this one is not sent. */
  readonly leaves?: CarryOver;
  /** The package in whose place a correction puts this one. */
  readonly corrects?: string;
}

/** By what rules packages are made, and what earlier ones of the client have left to them. */
export interface PackagingTerms {
  readonly rules: PackagingRules;
  readonly open: readonly CarryOver[];
  /** Currencies whose first packages a run did not come to the end of. */
  readonly unfinished?: ReadonlySet<string>;
}

/** Most amounts that one package takes over; what is left waits for the next. Keeps its write within the 100 items of a transaction. */
export const MAX_CARRIED = 40;

/** Most lines of one package; what goes beyond them continues in the next revision. With the longest names, and all that may be carried over and corrected, they fit into a DynamoDB item. */
export const MAX_PACKAGE_LINES = 400;

/**
 * What `daily` holds beyond `billed`, as the next packages: one currency each, in the order of the codes.
 * Conserves exactly: billed + lines = daily for every key, whatever the order of the inputs. Each takes over what is
 * open in its currency; one that is not sent leaves its total, and what is paid of it, to the next, which may be among them.
 * `billed` is what the lines bill of all earlier packages of this client and period, `nextRevision` the first free revision.
 */
export function packagesToAdd(
  client: string,
  period: HalfMonth,
  daily: Iterable<DailyRecord>,
  billed: Iterable<UsageSum>,
  nextRevision: number,
  { rules, open, unfinished = new Set() }: PackagingTerms = { rules: PLAIN_RULES, open: [] },
): InvoicePackage[] {
  let left = [...open].sort((a, b) => (a.from < b.from ? -1 : 1));
  return linesToAdd(daily, billed, unfinished).map((metered, index, all) => {
    const { currency } = metered[0] as MeteredLine;
    const isContinued = all[index + 1]?.[0]?.currency === currency;
    const taken = left.filter((carry) => carry.currency === currency).slice(0, MAX_CARRIED);
    const lines = [...metered, ...taken.map(carryOverLine)];
    const made = packageOf(
      {
        ...{ client, period, revision: nextRevision + index, currency, lines },
        ...(isContinued && { isContinued }),
      },
      rules,
    );
    left = left.filter((carry) => !taken.includes(carry)).concat(made.leaves ?? []);
    return made;
  });
}

/**
 * The currencies of which standing packages bill only the first part: a run that died before the next revision has left
 * the rest, which is as much on time as what was billed.
 */
export function unfinishedCurrencies(
  standing: readonly Pick<InvoicePackage, 'currency' | 'isContinued'>[],
): Set<string> {
  const finished = new Set(
    standing.filter(({ isContinued }) => !isContinued).map(({ currency }) => currency),
  );
  return new Set(standing.map(({ currency }) => currency)).difference(finished);
}

/** The revision that takes the place of `old`: its lines as they are, and these. */
export function correctedPackage(
  old: Pick<InvoicePackage, 'id' | 'client' | 'period' | 'currency' | 'lines' | 'isContinued'>,
  corrections: readonly CorrectionLine[],
  revision: number,
  rules: PackagingRules,
): InvoicePackage {
  const { id, client, period, currency, isContinued } = old;
  const lines = [...old.lines, ...corrections];
  const made = {
    ...{ client, period, revision, currency, lines },
    ...(isContinued && { isContinued }),
  };
  return { ...packageOf(made, rules), corrects: id };
}

function packageOf(
  made: Pick<
    InvoicePackage,
    'client' | 'period' | 'revision' | 'currency' | 'lines' | 'isContinued'
  >,
  rules: PackagingRules,
): InvoicePackage {
  const { client, period, revision, currency, lines } = made;
  const id = invoiceIdOf(client, period, revision);
  const totalMicros = totalOf(lines);
  const paidMicros = paidOf(lines);
  const skipReason = skipReasonOf(totalMicros, currency, rules);
  // A total of zero leaves something, too, where it is what was given back of a balance and is due by an invoice.
  const isNothing = totalMicros === 0n && paidMicros === 0n;
  const isLeft = skipReason !== undefined && !isNothing && rules.carriesOver;
  return {
    id,
    ...made,
    ...{ totalMicros, paidMicros },
    ...(skipReason && { skipReason }),
    ...(isLeft && {
      leaves: { client, currency, from: id, amountMicros: totalMicros, paidMicros },
    }),
  };
}

/** The order of its fields is that of the frozen text. */
function carryOverLine({ from, amountMicros, paidMicros }: CarryOver): CarryOverLine {
  return { kind: 'carry_over', from, amountMicros, paidMicros };
}

/**
 * The lines of each package to add. The first lines of a currency are usage, also where a run that died has put only some
 * of them; all later ones adjust what was billed. What was given back is a credit at any time.
 */
function linesToAdd(
  dailyRecords: Iterable<DailyRecord>,
  billed: Iterable<UsageSum>,
  unfinished: ReadonlySet<string>,
): MeteredLine[][] {
  const daily = [...dailyRecords];
  const trees = new Map(daily.map((record) => [usageKeyOf(record), record.tree]));
  const deducted = [...billed].map(negated);
  const billedKeys = new Set(deducted.map(usageKeyOf));
  const finished = new Set(deducted.map((line) => line.currency)).difference(unfinished);
  const open = [...foldUsage([...daily, ...deducted])]
    .filter(([, sum]) => sum.events !== 0 || sum.quantityMicros !== 0n || sum.amountMicros !== 0n)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, sum]) => sum);
  const byCurrency = Map.groupBy(open, (sum) => sum.currency);
  return [...byCurrency.keys()].sort().flatMap((currency) => {
    const lines = (byCurrency.get(currency) ?? []).map((sum) => {
      const key = usageKeyOf(sum);
      return lineOf(sum, finished.has(currency) || billedKeys.has(key), trees.get(key));
    });
    return Array.from({ length: Math.ceil(lines.length / MAX_PACKAGE_LINES) }, (_, index) =>
      lines.slice(index * MAX_PACKAGE_LINES, (index + 1) * MAX_PACKAGE_LINES),
    );
  });
}

/** The order of its fields is that of the frozen text. */
function lineOf(sum: UsageSum, isLater: boolean, tree: TreeHead | undefined): MeteredLine {
  const { client, day, meter, currency, source, events, quantityMicros, amountMicros } = sum;
  const kind = source === 'reversal' ? 'credit' : isLater ? 'adjustment' : 'usage';
  return {
    kind,
    ...{ client, day, meter, currency, source, events, quantityMicros, amountMicros },
    ...(tree && { tree }),
  };
}

function negated(sum: UsageSum): UsageSum {
  return {
    ...sum,
    events: -sum.events,
    quantityMicros: -sum.quantityMicros,
    amountMicros: -sum.amountMicros,
  };
}

/** `<period>.<revision>.<client>`: readable, and parsed back without a look-up. */
export function invoiceIdOf(client: string, period: HalfMonth, revision: number): string {
  return `${period}.${revision}.${client}`;
}

const INVOICE_ID = /^(\d{4}-\d{2}-H[12])\.([1-9]\d{0,5})\.(.+)$/;

/** The parts of an invoice id, or undefined for a text that is none. */
export function parseInvoiceId(
  id: string,
): { client: string; period: HalfMonth; revision: number } | undefined {
  const match = INVOICE_ID.exec(id);
  if (!match) return undefined;
  const [, period, revision, client] = match as unknown as [string, string, string, string];
  return { client, period, revision: Number(revision) };
}
