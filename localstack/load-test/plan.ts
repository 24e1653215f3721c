import { seededRandom, zipf } from '#localstack/traffic/random.ts';
import { formatMicros } from '#shared/domain/money.ts';

export interface PlannedAccount {
  readonly client: string;
  readonly openingMicros: bigint;
}

export interface PlannedCharge {
  readonly id: string;
  readonly client: string;
  readonly amountMicros: bigint;
  /** The body of the request; the same one when it is sent again. */
  readonly body: string;
}

export interface LoadPlan {
  readonly accounts: readonly PlannedAccount[];
  readonly charges: readonly PlannedCharge[];
  /** In the order of sending: every charge, and some of them a second time. */
  readonly requests: readonly PlannedCharge[];
}

export interface PlanOptions {
  readonly seed: number;
  readonly charges: number;
  readonly accounts: number;
  /** New for every run, so that its accounts are. */
  readonly runId: string;
  /** Makes the id of a charge. */
  readonly newId: () => string;
}

export const CURRENCY = 'USD';
const MAX_AMOUNT_MICROS = 2_000_000;
/** How many accounts share how much of the traffic: the first has a few times as much as the middle one. */
const HOTNESS = 0.6;
const REPEATED_SHARE = 0.1;
const POOR_EVERY = 5;

/** The same seed gives the same traffic under other names and ids. */
export function planLoad(options: PlanOptions): LoadPlan {
  const random = seededRandom(options.seed);
  const charges = drawCharges(random, options);
  return {
    accounts: openAccounts(random, options, charges),
    charges,
    requests: withRepeats(random, charges),
  };
}

function drawCharges(random: () => number, options: PlanOptions): PlannedCharge[] {
  const drawAccount = zipf(random, options.accounts, HOTNESS);
  return Array.from({ length: options.charges }, () => {
    const id = options.newId();
    const client = clientAt(drawAccount(), options.runId);
    const amountMicros = BigInt(1 + Math.floor(random() * MAX_AMOUNT_MICROS));
    const body = JSON.stringify({
      id,
      client,
      amount: formatMicros(amountMicros, 2),
      currency: CURRENCY,
      meter: 'api.requests',
      quantity: '1',
    });
    return { id, client, amountMicros, body };
  });
}

/** Most can pay all that is to come. Every fifth, the busiest among them, can pay but a part: in the end it is refused. */
function openAccounts(
  random: () => number,
  options: PlanOptions,
  charges: readonly PlannedCharge[],
): PlannedAccount[] {
  const planned = new Map<string, bigint>();
  for (const { client, amountMicros } of charges) {
    planned.set(client, (planned.get(client) ?? 0n) + amountMicros);
  }
  return Array.from({ length: options.accounts }, (_, index) => {
    const client = clientAt(index, options.runId);
    const needed = planned.get(client) ?? 0n;
    const percent = index % POOR_EVERY === 0 ? 40 + random() * 40 : 100 + random() * 10;
    return { client, openingMicros: (needed * BigInt(Math.floor(percent))) / 100n };
  });
}

/** One charge in ten goes out twice: half of these next to the first time, so that both are under way at once, half any time later. */
function withRepeats(random: () => number, charges: readonly PlannedCharge[]): PlannedCharge[] {
  const placed = charges.map((charge, place) => ({ charge, place }));
  for (const [place, charge] of charges.entries()) {
    if (random() >= REPEATED_SHARE) continue;
    const isAtOnce = random() < 0.5;
    const later = isAtOnce ? 0.5 : 0.5 + random() * (charges.length - place);
    placed.push({ charge, place: place + later });
  }
  return placed.toSorted((a, b) => a.place - b.place).map(({ charge }) => charge);
}

function clientAt(index: number, runId: string): string {
  return `load-${runId}-${String(index + 1).padStart(3, '0')}`;
}
