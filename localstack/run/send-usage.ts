import pMap from 'p-map';
import type { UsageRow } from '#localstack/traffic/usage-row.ts';
import { dayOf } from '#shared/domain/billing-period.ts';
import { parseMicros } from '#shared/domain/money.ts';
import { type PriceList, rate } from '#shared/domain/price.ts';
import type { UsageSum } from '#shared/domain/usage.ts';
import type { Api } from './api.ts';
import type { ExpectedLedger } from './expected-ledger.ts';
import { chunks } from './send-charges.ts';

const BATCH = 500;
const BATCHES_AT_ONCE = 4;
const CLOUD_EVENTS_BATCH = 'application/cloudevents-batch+json';

export interface UsageTally {
  sent: number;
  recorded: number;
  duplicates: number;
}

/**
 * Sends rows as batches of CloudEvents and adds what is new to what is expected. `source` stands where a row names none.
 * What the ledger holds already is not sent: receipts would tell, but only within their window.
 */
export async function sendUsage(
  api: Api,
  rows: Iterable<UsageRow> | AsyncIterable<UsageRow>,
  source: string,
  prices: PriceList,
  expected: ExpectedLedger,
  timeZone: string,
  show: (tally: UsageTally) => void,
): Promise<UsageTally> {
  const tally: UsageTally = { sent: 0, recorded: 0, duplicates: 0 };
  await pMap(
    chunks(rows, BATCH),
    async (batch) => {
      tally.sent += batch.length;
      const unknown = batch.filter(
        (row) => !expected.knowsUsage(row.client, row.source ?? source, row.id),
      );
      tally.duplicates += batch.length - unknown.length;
      if (unknown.length === 0) return show(tally);
      const events = unknown.map((row) => toCloudEvent(row, source));
      const { status, body } = await api.post('/v1/usage', events, CLOUD_EVENTS_BATCH);
      if (status !== 200) {
        throw new Error(
          `lines ${batch[0]?.line} to ${batch.at(-1)?.line} were answered ${status}: ${JSON.stringify(body)}`,
        );
      }
      for (const row of unknown) {
        const isNew = expected.addUsage(row.source ?? source, row.id, sumOf(row, prices, timeZone));
        tally[isNew ? 'recorded' : 'duplicates'] += 1;
      }
      show(tally);
    },
    { concurrency: BATCHES_AT_ONCE },
  );
  return tally;
}

function toCloudEvent(row: UsageRow, source: string) {
  const { meter, quantity, amount, currency } = row;
  return {
    specversion: '1.0',
    id: row.id,
    source: row.source ?? source,
    type: 'tollgate.usage',
    subject: row.client,
    time: row.occurredAt,
    data: { meter, quantity, ...(amount !== undefined && { amount, currency }) },
  };
}

function sumOf(row: UsageRow, prices: PriceList, timeZone: string): UsageSum {
  const quantityMicros = parseMicros(row.quantity) as bigint;
  const priced =
    row.amount !== undefined && row.currency !== undefined
      ? { amountMicros: parseMicros(row.amount) as bigint, currency: row.currency }
      : rated(prices, row, quantityMicros);
  return {
    client: row.client,
    day: dayOf(Date.parse(row.occurredAt), timeZone),
    meter: row.meter,
    source: 'postpaid',
    events: 1,
    quantityMicros,
    ...priced,
  };
}

function rated(prices: PriceList, row: UsageRow, quantityMicros: bigint) {
  const rating = rate(prices, row.meter, quantityMicros);
  if (!rating.rated) throw new Error(`line ${row.line}: no price for ${row.meter}`);
  return { amountMicros: rating.amountMicros, currency: rating.currency };
}
