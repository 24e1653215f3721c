import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod/mini';
import { type PackageStore, readAllPackages, unpackLines } from '#services/packaging/public.ts';
import { InvoiceLine } from '#shared/contracts/invoices.ts';
import { parseMicros } from '#shared/domain/money.ts';
import { meteredSums } from '#shared/domain/package-line.ts';
import { foldUsage, type UsageSum } from '#shared/domain/usage.ts';
import { type Dynamo, scanItems } from '#shared/platform/dynamo.ts';

const BooksPage = z.object({
  invoices: z.array(
    z.object({
      id: z.string(),
      client: z.string(),
      currency: z.string(),
      status: z.string(),
      total: z.string(),
      paid: z.string(),
      lines: z.array(InvoiceLine),
    }),
  ),
  next: z.optional(z.string()),
});

/** What an invoice comes to, with what was carried over and corrected, and how much of that is paid already. */
export interface Totals {
  readonly totalMicros: bigint;
  readonly paidMicros: bigint;
}

/** What the invoice API has accepted, from its own books. */
export interface Books {
  readonly sums: Map<string, UsageSum>;
  /** By invoice id. */
  readonly totals: Map<string, Totals>;
}

export async function readBooks(invoiceApiUrl: string): Promise<Books> {
  const sums = new Map<string, UsageSum>();
  const totals = new Map<string, Totals>();
  for (let after: string | undefined = '0'; after !== undefined; ) {
    const response = await fetch(`${invoiceApiUrl}/books/invoices?limit=500&after=${after}`);
    const page = BooksPage.parse(await response.json());
    for (const { id, client, currency, status, total, paid, lines } of page.invoices) {
      if (status !== 'accepted') continue;
      totals.set(id, {
        totalMicros: parseMicros(total) as bigint,
        paidMicros: parseMicros(paid) as bigint,
      });
      foldUsage(
        lines.filter(isMetered).map(
          (line): UsageSum => ({
            client,
            currency,
            day: line.day,
            meter: line.meter,
            source: line.source,
            events: line.events,
            quantityMicros: parseMicros(line.quantity) as bigint,
            amountMicros: parseMicros(line.amount) as bigint,
          }),
        ),
        sums,
      );
    }
    after = page.next;
  }
  return { sums, totals };
}

function isMetered(line: InvoiceLine): line is Extract<InvoiceLine, { day: string }> {
  return 'day' in line;
}

export interface PackagesAtRest {
  /** What packages bill that the invoice API was not to accept: parked, or skipped. What a correction has replaced counts where it is now. */
  readonly held: Map<string, UsageSum>;
  /** Each invoice that the API has accepted, by its id. */
  readonly accepted: Map<string, Totals>;
}

export async function readPackages(store: PackageStore): Promise<PackagesAtRest> {
  const held = new Map<string, UsageSum>();
  const accepted = new Map<string, Totals>();
  for await (const frozen of readAllPackages(store)) {
    const { id, state, totalMicros, paidMicros } = frozen.item;
    if (state === 'accepted') accepted.set(id, { totalMicros, paidMicros });
    else if (state === 'parked' || state === 'skipped') {
      foldUsage(meteredSums(unpackLines(frozen).lines), held);
    }
  }
  return { held, accepted };
}

/** The ids of invoices that come to something else at the API than here, or of which something else is paid. */
export function differingTotals(
  booked: ReadonlyMap<string, Totals>,
  accepted: ReadonlyMap<string, Totals>,
): string[] {
  const ids = new Set([...booked.keys(), ...accepted.keys()]);
  return [...ids].filter((id) => !isDeepStrictEqual(booked.get(id), accepted.get(id))).sort();
}

/** How many invoices are in each state. */
export async function countStates(dynamo: Dynamo, table: string): Promise<Record<string, number>> {
  const byState: Record<string, number> = {};
  const items = scanItems<{ state: string }>(dynamo, {
    TableName: table,
    ProjectionExpression: '#state',
    // Carry marks have none.
    FilterExpression: 'attribute_exists(#state)',
    ExpressionAttributeNames: { '#state': 'state' },
  });
  for await (const { state } of items) byState[state] = (byState[state] ?? 0) + 1;
  return byState;
}

/** The counters of the invoice API, with the rate that it allows. */
export async function readCounters(invoiceApiUrl: string): Promise<Record<string, number>> {
  const response = await fetch(`${invoiceApiUrl}/books`);
  const settings = await fetch(`${invoiceApiUrl}/control/settings`);
  const { counters } = (await response.json()) as { counters: Record<string, number> };
  const { requestsPerSecond } = (await settings.json()) as { requestsPerSecond: number };
  return { ...counters, allowedPerSecond: requestsPerSecond };
}
