import * as z from 'zod/mini';
import { decodeLines, type PackageStore, readAllPackages } from '#services/packaging/public.ts';
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
      lines: z.array(InvoiceLine),
    }),
  ),
  next: z.optional(z.string()),
});

/** The sums of what the invoice API says it has accepted, from its own books. */
export async function readBooks(invoiceApiUrl: string): Promise<Map<string, UsageSum>> {
  const sums = new Map<string, UsageSum>();
  for (let after: string | undefined = '0'; after !== undefined; ) {
    const response = await fetch(`${invoiceApiUrl}/books/invoices?limit=500&after=${after}`);
    const page = BooksPage.parse(await response.json());
    for (const { client, currency, status, lines } of page.invoices) {
      if (status !== 'accepted') continue;
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
  return sums;
}

function isMetered(line: InvoiceLine): line is Extract<InvoiceLine, { day: string }> {
  return 'day' in line;
}

export interface PackagesAtRest {
  readonly all: Map<string, UsageSum>;
  /** Of these, in packages that the invoice API was not to accept: parked, or skipped with nothing to collect. */
  readonly held: Map<string, UsageSum>;
}

export async function readPackages(store: PackageStore): Promise<PackagesAtRest> {
  const all = new Map<string, UsageSum>();
  const held = new Map<string, UsageSum>();
  for await (const { state, lines } of readAllPackages(store)) {
    const sums = meteredSums(decodeLines(lines));
    foldUsage(sums, all);
    if (state === 'parked' || state === 'skipped') foldUsage(sums, held);
  }
  return { all, held };
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
