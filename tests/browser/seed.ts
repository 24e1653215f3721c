import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type FrozenPackage, freezePackage } from '#services/packaging/frozen-package.ts';
import { statePartitionOf } from '#services/packaging/invoice-item.ts';
import type { HistoryEntry } from '#services/packaging/public.ts';
import { addDays, daysOf, type HalfMonth } from '#shared/domain/billing-period.ts';
import { INVOICE_STATES, type InvoiceState } from '#shared/domain/invoice.ts';
import { type MeteredLine, paidOf, totalOf } from '#shared/domain/package-line.ts';
import { invoiceIdOf } from '#shared/domain/packaging.ts';
import { connectDynamo, type Dynamo, putItems } from '#shared/platform/dynamo.ts';

const UNIT = 1_000_000n;
const SECOND_MS = 1_000;

/** What each state has been through, the oldest first. */
const HISTORIES: Readonly<Record<InvoiceState, readonly Omit<HistoryEntry, 'atMs'>[]>> = {
  packaged: [],
  sending: [],
  unknown: [
    { call: 'submit', answer: 'no_answer', detail: 'timed out after 8000 ms', latencyMs: 8_000n },
  ],
  submitted: [{ call: 'submit', answer: 'taken', latencyMs: 112n }],
  accepted: [
    { call: 'submit', answer: 'taken', latencyMs: 98n },
    { call: 'poll', answer: 'accepted', latencyMs: 41n },
  ],
  parked: [
    { call: 'submit', answer: 'no_answer', detail: 'timed out after 8000 ms', latencyMs: 8_001n },
    { call: 'look_up', answer: 'absent', latencyMs: 44n },
    { call: 'submit', answer: 'refused', detail: '422: tax id missing', latencyMs: 120n },
  ],
  skipped: [],
  superseded: [{ call: 'correct', answer: 'superseded' }],
};

const PARKED: readonly { reason: string; detail: string }[] = [
  { reason: 'refused_by_invoice_api', detail: '422: tax id missing' },
  { reason: 'rejected_by_invoice_api', detail: 'the customer is blocked' },
  { reason: 'attempts_exhausted', detail: 'not known to the invoice API after 8 submissions' },
];

export interface SeededInvoice {
  readonly client: string;
  readonly period: HalfMonth;
  readonly state: InvoiceState;
  readonly lines?: number;
  /** How many of its lines, the first ones, the client has prepaid. */
  readonly prepaid?: number;
  /** Of a parked one; which of the three is then chosen by `number`. */
  readonly number?: number;
}

/** Puts invoices into the deployed table as packaging and invoicing would have left them. They are not due while tests run. */
export async function seedInvoices(
  wanted: readonly SeededInvoice[],
  dynamo: Dynamo = connectDynamo(new DynamoDBClient({})),
): Promise<string[]> {
  const nowMs = Date.now();
  await putItems(
    dynamo,
    'tollgate-local-invoices',
    wanted.flatMap((invoice) => {
      const { item, packed } = seeded(invoice, nowMs);
      return [{ ...packed }, { ...item }];
    }),
  );
  return wanted.map(({ client, period }) => invoiceIdOf(client, period, 1));
}

/** Many invoices in mixed states, most of them accepted. */
export function mixedInvoices(prefix: string, period: HalfMonth, count: number): SeededInvoice[] {
  return Array.from({ length: count }, (_, number) => ({
    client: `${prefix}-${String(number).padStart(4, '0')}`,
    period,
    state: INVOICE_STATES[number % 16] ?? (number % 16 < 12 ? 'accepted' : 'parked'),
    number,
  }));
}

function seeded(
  { client, period, state, lines = 3, prepaid = 0, number = 0 }: SeededInvoice,
  nowMs: number,
): FrozenPackage {
  const packageLines = Array.from({ length: lines }, (_, index) =>
    lineOf(client, period, index, state, index < prepaid ? 'prepaid' : 'postpaid'),
  );
  const packagedAtMs = nowMs - (number % 90) * 60 * SECOND_MS - 120 * SECOND_MS;
  const { item, packed } = freezePackage(
    {
      id: invoiceIdOf(client, period, 1),
      client,
      period,
      revision: 1,
      currency: 'EUR',
      lines: packageLines,
      totalMicros: totalOf(packageLines),
      paidMicros: paidOf(packageLines),
    },
    packagedAtMs,
  );
  const history = HISTORIES[state].map((entry, index) => ({
    ...entry,
    atMs: BigInt(packagedAtMs + (index + 1) * 9 * SECOND_MS),
  }));
  return {
    item: {
      ...item,
      state,
      statePartition: statePartitionOf(state, client),
      // What seems to be due in more than two hours is taken to be due.
      dueAtMs: BigInt(nowMs + 5_400 * SECOND_MS),
      history,
      attempts: BigInt(history.filter(({ call }) => call === 'submit').length),
      ...(state === 'parked' && PARKED[number % PARKED.length]),
      ...(state === 'superseded' && { supersededBy: invoiceIdOf(client, period, 2) }),
      updatedAtMs: history.at(-1)?.atMs ?? item.updatedAtMs,
    },
    packed,
  };
}

function lineOf(
  client: string,
  period: HalfMonth,
  index: number,
  state: InvoiceState,
  source: MeteredLine['source'],
): MeteredLine {
  const amountMicros = state === 'skipped' ? 0n : BigInt(index + 1) * 12n * UNIT + 340_000n;
  return {
    kind: 'usage',
    client,
    currency: 'EUR',
    day: addDays(daysOf(period).start, index),
    meter: ['api.requests', 'llm.input_tokens', 'storage.gb_hours'][index % 3] as string,
    source,
    events: 40 + index,
    quantityMicros: BigInt(index + 1) * 1_234n * UNIT,
    amountMicros,
  };
}
