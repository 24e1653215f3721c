import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Difference, type Stage, totalsByCurrency } from '#shared/domain/conservation.ts';
import { formatAmount, formatMicros } from '#shared/domain/money.ts';
import type { UsageSum } from '#shared/domain/usage.ts';
import { count, type StepTiming } from './progress.ts';

/** The amounts of one currency at every stage, in major units. */
export interface ConservationRow {
  readonly currency: string;
  /** Less what reversals gave back. */
  readonly charges: string;
  readonly usage: string;
  readonly ledger: string;
  readonly dailyRecords: string;
  readonly packages: string;
  readonly books: string;
  /** Packages that the invoice API was not to accept: parked, or skipped with nothing to collect. */
  readonly held: string;
  readonly difference: string;
}

export interface StagesAtRest {
  readonly expected: Stage;
  readonly ledger: Stage;
  readonly daily: Stage;
  readonly packages: Stage;
  readonly books: ReadonlyMap<string, UsageSum>;
  readonly held: ReadonlyMap<string, UsageSum>;
}

export interface RunReport {
  readonly finishedAt: string;
  readonly isConserved: boolean;
  readonly conservation: readonly ConservationRow[];
  readonly differences: number;
  readonly firstDifference?: string;
  readonly wrongBalances: number;
  readonly wrongStatements: number;
  /** Invoices whose total is another one in the books of the API. */
  readonly wrongTotals: number;
  /** Of packages: amounts that were not carried over once, corrections that replace nothing. */
  readonly wrongPackages: number;
  readonly figures: Readonly<Record<string, number | string>>;
  readonly invoicesByState: Readonly<Record<string, number>>;
  readonly invoiceApi: Readonly<Record<string, number>>;
  readonly secondsToFirstAccepted?: number;
  readonly steps: readonly StepTiming[];
  readonly seconds: number;
}

export function conservationRows(stages: StagesAtRest): ConservationRow[] {
  const sums = [...stages.expected.sums.values()];
  const columns = {
    charges: totalsByCurrency(sums.filter(({ source }) => source !== 'postpaid')),
    usage: totalsByCurrency(sums.filter(({ source }) => source === 'postpaid')),
    ledger: totalsByCurrency(stages.ledger.sums.values()),
    dailyRecords: totalsByCurrency(stages.daily.sums.values()),
    packages: totalsByCurrency(stages.packages.sums.values()),
    books: totalsByCurrency(stages.books.values()),
    held: totalsByCurrency(stages.held.values()),
  };
  const currencies = new Set(Object.values(columns).flatMap((totals) => [...totals.keys()]));
  return [...currencies].sort().map((currency) => {
    const of = (column: keyof typeof columns) => columns[column].get(currency)?.amountMicros ?? 0n;
    const ends = [
      of('charges') + of('usage'),
      of('ledger'),
      of('dailyRecords'),
      of('packages'),
      of('books') + of('held'),
    ].sort((a, b) => (a < b ? -1 : 1));
    const text = (column: keyof typeof columns) => formatAmount(of(column));
    return {
      currency,
      charges: text('charges'),
      usage: text('usage'),
      ledger: text('ledger'),
      dailyRecords: text('dailyRecords'),
      packages: text('packages'),
      books: text('books'),
      held: text('held'),
      difference: formatAmount((ends.at(-1) as bigint) - (ends[0] as bigint)),
    };
  });
}

export function describeDifference({ key, left, right }: Difference): string {
  const side = ({ stage, events, quantityMicros, amountMicros }: Difference['left']) =>
    `${stage} ${formatAmount(amountMicros)} (${count(events)} events, quantity ${formatMicros(quantityMicros)})`;
  return `client ${key.client}, day ${key.day}, meter ${key.meter}, ${key.currency}, ${key.source}: ${side(left)}; ${side(right)}`;
}

export function writeReport(file: string, report: RunReport): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
}

export function printReport(report: RunReport, say: (line: string) => void = console.log): void {
  say('');
  for (const [name, value] of Object.entries(report.figures)) {
    say(`  ${name.padEnd(40)}${typeof value === 'number' ? count(value) : value}`);
  }
  say('');
  printTable(report.conservation, say);
  say('');
  if (report.isConserved) {
    say(
      '  Conserved: every stage holds the same sums, per client, day and meter, and every balance is what its journal says.',
    );
    return;
  }
  say(
    `  NOT CONSERVED: ${report.differences} sums, ${report.wrongBalances} balances, ${report.wrongStatements} statements, ${report.wrongTotals} totals and ${report.wrongPackages} packages differ.`,
  );
  if (report.firstDifference) say(`  First: ${report.firstDifference}`);
}

const HEADINGS: Readonly<Record<keyof ConservationRow, string>> = {
  currency: '',
  charges: 'charges',
  usage: '+ usage',
  ledger: '= ledger',
  dailyRecords: '= daily records',
  packages: '= packages',
  books: '= API books',
  held: '+ held here',
  difference: 'difference',
};

function printTable(rows: readonly ConservationRow[], say: (line: string) => void): void {
  const keys = Object.keys(HEADINGS) as (keyof ConservationRow)[];
  const widths = keys.map((key) =>
    Math.max(HEADINGS[key].length, ...rows.map((row) => row[key].length)),
  );
  const line = (cells: readonly string[]) =>
    `  ${cells.map((cell, index) => cell.padStart(widths[index] as number)).join('  ')}`;
  say(line(keys.map((key) => HEADINGS[key])));
  for (const row of rows) say(line(keys.map((key) => row[key])));
}
