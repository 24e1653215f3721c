import { expect } from '@jest/globals';
import type { Simulator } from '#localstack/invoice-api/connect-simulator.ts';
import { toSubmission } from '#services/invoicing/to-submission.ts';
import { type FrozenPackage, presentInvoice, readAllPackages } from '#services/packaging/public.ts';
import type { Invoice } from '#shared/contracts/invoices.ts';
import type { InvoiceState, ParkReason } from '#shared/domain/invoice.ts';
import type { Dynamo } from '#shared/platform/dynamo.ts';
import { type Told, tellsAllButDeaths } from './history.ts';

/** How an invoice has to end. */
export interface Expected extends FrozenPackage {
  readonly state: InvoiceState;
  readonly reason?: ParkReason;
  readonly detail?: RegExp;
  /** Whether the invoice API has it in its books. */
  readonly isBooked: boolean;
  readonly tells: readonly Told[];
}

export const accepted = ({ item, packed }: FrozenPackage): Expected => ({
  ...{ item, packed, state: 'accepted', isBooked: true, tells: [] },
});

export interface Place {
  readonly dynamo: Dynamo;
  readonly invoicesTable: string;
  readonly simulator: Simulator;
}

/** All invoices of a table, by id, as the API and the page show them. */
export async function readInvoices({
  dynamo,
  invoicesTable,
}: Omit<Place, 'simulator'>): Promise<Map<string, Invoice>> {
  const packages = readAllPackages({ dynamo, table: invoicesTable });
  const invoices = await Array.fromAsync(packages, presentInvoice);
  return new Map(invoices.map((invoice) => [invoice.id, invoice]));
}

/** Whether all of these have come to the state in which they have to end. */
export async function isAtRest(place: Place, expected: readonly Expected[]): Promise<boolean> {
  const invoices = await readInvoices(place);
  return expected.every(({ item, state }) => invoices.get(item.id)?.state === state);
}

/**
 * What has to hold after everything that can go wrong: each invoice that ought to be in the books of the invoice API
 * is there once, with the very content that was frozen, nothing else is, no request was over the limit, and each
 * invoice rests where it should, with its reason and a history that tells what happened.
 */
export async function checkBooks(place: Place, expected: readonly Expected[]): Promise<void> {
  const bookings = await place.simulator.bookings();
  const booked = expected.filter(({ isBooked }) => isBooked);
  const byId = <T extends { id: string }>(list: T[]) => list.sort((a, b) => (a.id < b.id ? -1 : 1));
  expect(byId(bookings.map(({ submission }) => submission))).toEqual(
    byId(booked.map(toSubmission)),
  );
  expect(await place.simulator.counters()).toMatchObject({
    secondInvoices: 0,
    conflictingSubmissions: 0,
    overLimit: 0,
    // Whoever does not know looks before sending again.
    repeatedSubmissions: 0,
  });

  const invoices = await readInvoices(place);
  expect([...invoices.keys()].sort()).toEqual(expected.map(({ item }) => item.id).sort());
  const wrong = expected.flatMap((each) => {
    const invoice = invoices.get(each.item.id) as Invoice;
    return isAsExpected(invoice, each) ? [] : [describeInvoice(invoice)];
  });
  expect(wrong).toEqual([]);
}

function isAsExpected(invoice: Invoice, { state, reason, detail, tells }: Expected): boolean {
  return (
    invoice.state === state &&
    invoice.reason === reason &&
    (detail === undefined || detail.test(invoice.detail ?? '')) &&
    tellsAllButDeaths(invoice.history, tells)
  );
}

/** An invoice that is not as it should be, for whoever reads why the test failed. */
export function describeInvoice({ id, state, reason, detail, attempts, history }: Invoice): string {
  const calls = history.map((entry) =>
    [entry.at.slice(11, 23), entry.call, entry.answer, entry.detail].filter(Boolean).join(' '),
  );
  return [id, state, reason, detail, `attempts ${attempts}`, ...calls].filter(Boolean).join('\n  ');
}
