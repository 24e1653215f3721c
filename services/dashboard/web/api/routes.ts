import { keepPreviousData, type QueryFunctionContext } from '@tanstack/react-query';
import type * as z from 'zod/mini';
import type { Account } from '#shared/contracts/accounts.ts';
import type { DailyUsage, PriceListAnswer } from '#shared/contracts/daily-usage.ts';
import type { DeadLetterList, QueueList, RedriveAnswer } from '#shared/contracts/dead-letters.ts';
import type { EntryPage } from '#shared/contracts/entries.ts';
import type { Explanation, LineExplanation } from '#shared/contracts/explanation.ts';
import type { HoldList } from '#shared/contracts/holds.ts';
import type {
  CorrectionBody,
  Invoice,
  InvoicePage,
  RetriesAnswer,
  RetriesBody,
} from '#shared/contracts/invoices.ts';
import type { PeriodList, Progress } from '#shared/contracts/progress.ts';
import type { ConservationProof } from '#shared/contracts/proof.ts';
import type { SendingStatus } from '#shared/contracts/sending.ts';
import { callApi } from './call.ts';

/** Every question that the page asks of the API, and how often it asks again by itself. */

type Query = Readonly<Record<string, string | undefined>>;

const part = encodeURIComponent;

function poll<T>(everyMs: number, path: string, query: Query = {}) {
  return {
    queryKey: [path, query],
    queryFn: ({ signal }: QueryFunctionContext) => callApi<T>({ path, query, signal }),
    refetchInterval: everyMs,
  };
}

export const periods = () => poll<PeriodList>(60_000, 'periods');
export const progress = (period: string | undefined) =>
  poll<Progress>(5_000, 'progress', { period });
export const sending = () => poll<SendingStatus>(2_000, 'sending');
export const queues = () => poll<QueueList>(5_000, 'queues');
/** Rarely: while a queue is looked at, its letters are hidden from a redrive. */
export const deadLetters = () => poll<DeadLetterList>(20_000, 'dead-letters');
export const conservation = () => poll<ConservationProof>(10_000, 'conservation');

export const invoices = (query: Query) => ({
  ...poll<InvoicePage>(10_000, 'invoices', query),
  // The page before stays to be seen while the next is on its way.
  placeholderData: keepPreviousData,
});
export const invoice = (id: string) => poll<Invoice>(5_000, `invoices/${part(id)}`);

/** What is frozen is asked for once. */
export const explanation = (id: string) => ({
  ...poll<Explanation>(0, `invoices/${part(id)}/explain`),
  refetchInterval: false as const,
  staleTime: Number.POSITIVE_INFINITY,
});

export const account = (client: string) => poll<Account>(10_000, `accounts/${part(client)}`);
export const holds = (client: string) => poll<HoldList>(10_000, `accounts/${part(client)}/holds`);
export const dailyUsage = (client: string, period: string) =>
  poll<DailyUsage>(30_000, `clients/${part(client)}/usage`, { period });
export const prices = () => poll<PriceListAnswer>(60_000, 'prices');

export function fetchEntries(client: string, cursor: string | undefined, signal: AbortSignal) {
  const path = `accounts/${part(client)}/entries`;
  return callApi<EntryPage>({ path, query: { limit: '50', cursor }, signal });
}

export function fetchLineExplanation(
  id: string,
  line: number,
  cursor: string | undefined,
  signal: AbortSignal,
) {
  const path = `invoices/${part(id)}/explain`;
  return callApi<LineExplanation>({ path, query: { line: String(line), cursor }, signal });
}

const post = <T>(path: string, body: unknown = {}) => callApi<T>({ method: 'POST', path, body });

export const resumeSending = () => post<SendingStatus>('sending/resume');
export const proveNow = () => post<unknown>('conservation');
export const redrive = () => post<RedriveAnswer>('dead-letters/redrive');
export const retryInvoices = (body: RetriesBody) => post<RetriesAnswer>('invoices/retries', body);
export const correctInvoice = (id: string, body: z.input<typeof CorrectionBody>) =>
  post<Invoice>(`invoices/${part(id)}/corrections`, body);

/** Whether the API takes the key for operating. Throws what it says otherwise. */
export async function tryKey(key: string): Promise<void> {
  await callApi<InvoicePage>({ path: 'invoices', query: { limit: '1' } }, key);
}
