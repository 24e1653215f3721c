import { readPrices } from '#localstack/seed/prices.ts';
import { formatMicros, parseMicros } from '#shared/domain/money.ts';
import { type PriceList, rate } from '#shared/domain/price.ts';
import { logNormal, seededRandom, weighted, zipf } from './random.ts';
import type { UsageRow } from './usage-row.ts';

/** Lifelike traffic: the same options give the same traffic, and another `runId` gives the same under new ids. */

interface MeterForm {
  readonly meter: string;
  readonly median: number;
  readonly spread: number;
  readonly decimals: number;
}

const REQUESTS: MeterForm = { meter: 'api.requests', median: 3, spread: 1.2, decimals: 0 };
const EGRESS: MeterForm = { meter: 'api.egress_bytes', median: 18_000, spread: 2, decimals: 0 };
const INPUT: MeterForm = { meter: 'llm.input_tokens', median: 1_800, spread: 1.3, decimals: 0 };
const OUTPUT: MeterForm = { meter: 'llm.output_tokens', median: 280, spread: 1, decimals: 0 };
const SMS: MeterForm = { meter: 'sms.sent', median: 1.4, spread: 0.6, decimals: 0 };
const VOICE: MeterForm = { meter: 'voice.seconds', median: 95, spread: 1.1, decimals: 0 };
const STORAGE: MeterForm = { meter: 'storage.gb_hours', median: 0.8, spread: 1.8, decimals: 6 };

/** What kinds of customers use, with how often; customers take turns in being of each kind. */
const CUSTOMER_KINDS: readonly (readonly (readonly [MeterForm, number])[])[] = [
  [
    [REQUESTS, 6],
    [EGRESS, 5],
    [STORAGE, 1],
  ],
  [
    [INPUT, 5],
    [OUTPUT, 5],
    [REQUESTS, 2],
  ],
  [
    [SMS, 6],
    [VOICE, 3],
    [REQUESTS, 1],
  ],
];

/** Share of the busiest hour, by hour of the day in UTC. */
const HOUR_WEIGHTS = [
  0.22, 0.17, 0.14, 0.12, 0.13, 0.18, 0.3, 0.48, 0.7, 0.88, 0.97, 1, 0.95, 0.93, 0.98, 0.99, 0.94,
  0.86, 0.75, 0.66, 0.58, 0.5, 0.4, 0.3,
];
const WEEKEND_WEIGHT = 0.45;
const HOUR_MS = 3_600_000;
/** How late events reach the sender at most: what breaks the order of their times. */
const MAX_DELAY_MS = 240_000;

export interface UsageOptions {
  readonly seed: number;
  readonly count: number;
  readonly clients: number;
  /** The events fall into the half-open interval [fromMs, toMs). */
  readonly fromMs: number;
  readonly toMs: number;
  readonly runId: string;
}

/** Exactly `count` events, roughly in the order of time: few clients send most of them, days have their rhythm, weekends are quiet. */
export function* generateUsage(options: UsageOptions): Generator<UsageRow> {
  const { seed, count, clients, fromMs, toMs, runId } = options;
  const random = seededRandom(seed);
  const drawClient = zipf(random, clients, 1.05);
  const drawMeter = CUSTOMER_KINDS.map((kind) => {
    const draw = weighted(
      random,
      kind.map(([, weight]) => weight),
    );
    return () => (kind[draw()] as readonly [MeterForm, number])[0];
  });
  const timeAt = rhythm(fromMs, toMs);
  for (let index = 0; index < count; index += 1) {
    const rank = drawClient();
    const form = (drawMeter[rank % drawMeter.length] as () => MeterForm)();
    const sentMs = timeAt((index + random()) / count);
    const occurredMs = Math.max(fromMs, sentMs - Math.floor(random() ** 3 * MAX_DELAY_MS));
    yield {
      id: `${runId}-u${numbered(index, 7)}`,
      client: `customer-${numbered(rank, 4)}`,
      meter: form.meter,
      quantity: drawQuantity(random, form),
      occurredAt: new Date(occurredMs).toISOString(),
      line: index + 1,
    };
  }
}

export interface PrepaidAccount {
  readonly client: string;
  readonly currency: string;
}

/** The accounts that `generateCharges` charges: every fifth one in EUR, the others in USD. */
export function prepaidAccounts(accounts: number): PrepaidAccount[] {
  return Array.from({ length: accounts }, (_, rank) => ({
    client: `prepaid-${numbered(rank, 3)}`,
    currency: rank % 5 === 4 ? 'EUR' : 'USD',
  }));
}

/** A charge as `POST /v1/charges` takes it. */
export interface ChargeRequest {
  readonly id: string;
  readonly client: string;
  readonly amount: string;
  readonly currency: string;
  readonly meter: string;
  readonly quantity: string;
}

export interface ChargeOptions {
  readonly seed: number;
  readonly count: number;
  readonly accounts: number;
  /** Share of requests that repeat an earlier one exactly, as a sender does that saw no answer. */
  readonly duplicatesShare: number;
  readonly runId: string;
}

/** How far back a repeated request lies at most. */
const REPEAT_WINDOW = 200;

/**
 * Exactly `count` requests, of which exactly round(count × duplicatesShare) are repeats (the same object again). Amounts are
 * what the price list asks for quantities with a long tail.
 */
export function* generateCharges(
  options: ChargeOptions,
  prices: PriceList = readPrices(),
): Generator<ChargeRequest> {
  const { seed, count, accounts, duplicatesShare, runId } = options;
  const random = seededRandom(seed);
  const holders = prepaidAccounts(accounts);
  const drawAccount = zipf(random, accounts, 0.9);
  const recent: ChargeRequest[] = [];
  let repeatsLeft = Math.min(Math.round(count * duplicatesShare), Math.max(count - 1, 0));
  let originals = 0;
  for (let index = 0; index < count; index += 1) {
    // Selection sampling: gives exactly the wanted number of repeats, evenly spread.
    const isRepeat = recent.length > 0 && random() * (count - index) < repeatsLeft;
    if (isRepeat) {
      repeatsLeft -= 1;
      yield recent[Math.floor(random() * recent.length)] as ChargeRequest;
      continue;
    }
    const holder = holders[drawAccount()] as PrepaidAccount;
    const charge = drawCharge(random, holder, `${runId}-c${numbered(originals, 6)}`, prices);
    originals += 1;
    if (recent.length < REPEAT_WINDOW) recent.push(charge);
    else recent[originals % REPEAT_WINDOW] = charge;
    yield charge;
  }
}

/** Prepaid customers buy more at once than a postpaid event meters. */
const CHARGED: Readonly<Record<string, readonly MeterForm[]>> = {
  USD: [
    { ...INPUT, median: 24_000, spread: 1.4 },
    { ...OUTPUT, median: 6_000, spread: 1.4 },
    { ...REQUESTS, median: 150, spread: 1.3 },
  ],
  EUR: [
    { ...SMS, median: 1.6, spread: 1 },
    { ...VOICE, median: 220, spread: 1.2 },
  ],
};

function drawCharge(
  random: () => number,
  { client, currency }: PrepaidAccount,
  id: string,
  prices: PriceList,
): ChargeRequest {
  const forms = CHARGED[currency] as readonly MeterForm[];
  const form = forms[Math.floor(random() * forms.length)] as MeterForm;
  const quantity = drawQuantity(random, form);
  const rating = rate(prices, form.meter, parseMicros(quantity) as bigint);
  if (!rating.rated || rating.currency !== currency || rating.amountMicros <= 0n) {
    throw new Error(`the price list has no price in ${currency} for ${form.meter}`);
  }
  const amount = formatMicros(rating.amountMicros, 2);
  return { id, client, amount, currency, meter: form.meter, quantity };
}

function drawQuantity(random: () => number, { median, spread, decimals }: MeterForm): string {
  const smallest = 10 ** -decimals;
  const value = Math.min(Math.max(logNormal(random, median, spread), smallest), median * 5_000);
  const micros = BigInt(Math.round(value * 10 ** decimals)) * 10n ** BigInt(6 - decimals);
  return formatMicros(micros);
}

/** Maps [0, 1) onto [fromMs, toMs) so that each hour gets its share. */
function rhythm(fromMs: number, toMs: number): (share: number) => number {
  const ends: number[] = [];
  let total = 0;
  for (let startMs = fromMs; startMs < toMs; startMs += HOUR_MS) {
    const at = new Date(startMs);
    const isWeekend = at.getUTCDay() === 0 || at.getUTCDay() === 6;
    const partOfHour = Math.min(HOUR_MS, toMs - startMs) / HOUR_MS;
    total += (HOUR_WEIGHTS[at.getUTCHours()] ?? 1) * (isWeekend ? WEEKEND_WEIGHT : 1) * partOfHour;
    ends.push(total);
  }
  let hour = 0;
  return (share) => {
    const target = share * total;
    while (hour < ends.length - 1 && (ends[hour] as number) <= target) hour += 1;
    while (hour > 0 && (ends[hour - 1] as number) > target) hour -= 1;
    const begin = hour === 0 ? 0 : (ends[hour - 1] as number);
    const startMs = fromMs + hour * HOUR_MS;
    const lengthMs = Math.min(HOUR_MS, toMs - startMs);
    const within = (target - begin) / ((ends[hour] as number) - begin);
    return Math.min(startMs + Math.floor(within * lengthMs), toMs - 1);
  };
}

function numbered(index: number, digits: number): string {
  return String(index + 1).padStart(digits, '0');
}
