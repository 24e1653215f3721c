import pMap from 'p-map';
import type { ChargeRequest } from '#localstack/traffic/generate.ts';
import { dayOf } from '#shared/domain/billing-period.ts';
import { parseMicros } from '#shared/domain/money.ts';
import type { Api } from './api.ts';
import type { ExpectedLedger } from './expected-ledger.ts';

export interface ChargeToSend extends ChargeRequest {
  /** RFC 3339. Given by the sender, so that it knows the day of the event. */
  readonly occurredAt: string;
}

export interface ChargeTally {
  sent: number;
  /** Answers of an authorized charge, first ones and repeated ones. */
  authorized: number;
  /** Of these, answered from a receipt. */
  replayed: number;
  refused: number;
  /** Refused by reason. */
  readonly reasons: Record<string, number>;
}

/** Sends charges through the API, several at once, and adds what was authorized to what is expected. */
export async function sendCharges(
  api: Api,
  charges: Iterable<ChargeToSend> | AsyncIterable<ChargeToSend>,
  expected: ExpectedLedger,
  timeZone: string,
  concurrency: number,
  show: (tally: ChargeTally) => void,
): Promise<ChargeTally> {
  const tally: ChargeTally = { sent: 0, authorized: 0, replayed: 0, refused: 0, reasons: {} };
  for await (const chunk of chunks(charges, CHUNK)) {
    await pMap(
      chunk,
      async (charge) => {
        const { status, body, isReplayed } = await api.post('/v1/charges', charge);
        if (status !== 200) {
          throw new Error(
            `charge ${charge.id} of ${charge.client} was answered ${status}: ${JSON.stringify(body)}`,
          );
        }
        tally.sent += 1;
        if (body.isAuthorized === true) {
          tally.authorized += 1;
          if (isReplayed) tally.replayed += 1;
          expected.addCharge(charge.id, sumOf(charge, timeZone));
        } else {
          tally.refused += 1;
          const reason = String(body.reason);
          tally.reasons[reason] = (tally.reasons[reason] ?? 0) + 1;
        }
        show(tally);
      },
      { concurrency },
    );
  }
  return tally;
}

const CHUNK = 2_000;

function sumOf(charge: ChargeToSend, timeZone: string) {
  return {
    client: charge.client,
    day: dayOf(Date.parse(charge.occurredAt), timeZone),
    meter: charge.meter,
    currency: charge.currency,
    source: 'prepaid' as const,
    events: 1,
    quantityMicros: parseMicros(charge.quantity) as bigint,
    amountMicros: parseMicros(charge.amount) as bigint,
  };
}

/** Groups a stream into arrays of at most `size`. */
export async function* chunks<T>(
  items: Iterable<T> | AsyncIterable<T>,
  size: number,
): AsyncGenerator<T[]> {
  let chunk: T[] = [];
  for await (const item of items) {
    chunk.push(item);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
