import * as z from 'zod/mini';
import { DailyUsage, PriceListAnswer } from '#shared/contracts/daily-usage.ts';
import { DeadLetterList, QueueList } from '#shared/contracts/dead-letters.ts';
import { PeriodList, Progress } from '#shared/contracts/progress.ts';
import { ConservationProof } from '#shared/contracts/proof.ts';
import { SendingStatus } from '#shared/contracts/sending.ts';

/** Answers as the API gives them in situations that a test cannot bring about quickly. Each keeps its contract. */

const MINUTE_MS = 60_000;
const at = (offsetMs: number) => new Date(Date.now() + offsetMs).toISOString();

const PERIOD = '2026-11-H1';

export function midwayProgress(): Progress {
  return z.parse(Progress, {
    period: PERIOD,
    asOf: at(0),
    byState: {
      packaged: 48_210,
      sending: 11,
      submitted: 1_204,
      accepted: 50_112,
      parked: 462,
      skipped: 1,
    },
    amountByState: {
      packaged: { EUR: '1204882.10', USD: '88120.000001' },
      sending: { EUR: '220.10' },
      submitted: { EUR: '30100.00' },
      accepted: { EUR: '1302440.75', USD: '91022.40' },
      parked: { EUR: '11550.25' },
      skipped: { EUR: '0.00' },
    },
    parkedByReason: {
      rejected_by_invoice_api: 120,
      refused_by_invoice_api: 300,
      attempts_exhausted: 42,
    },
    parkedAmountByReason: {
      rejected_by_invoice_api: { EUR: '3000.10' },
      refused_by_invoice_api: { EUR: '8000.15' },
      attempts_exhausted: { EUR: '550.00' },
    },
    unpackagedClients: 14,
    series: Array.from({ length: 40 }, (_, index) => ({
      at: at((index - 40) * MINUTE_MS),
      byState: {
        packaged: 98_000 - index * 1_270,
        submitted: 300 + ((index * 37) % 900),
        accepted: index * 1_250,
        ...(index > 12 && { parked: (index - 12) * 16 }),
      },
      parkedByReason: index > 20 ? { rejected_by_invoice_api: (index - 20) * 6 } : {},
    })),
    forecast: { doneAt: at(25 * MINUTE_MS + 20_000), remaining: 49_425, perSecond: 21.7 },
    packagingRuns: [
      { startedAt: at(-3 * MINUTE_MS), status: 'running' },
      { startedAt: at(-95 * MINUTE_MS), status: 'succeeded', endedAt: at(-60 * MINUTE_MS) },
      { startedAt: at(-120 * MINUTE_MS), status: 'failed', endedAt: at(-118 * MINUTE_MS) },
    ],
  });
}

export function emptyProgress(): Progress {
  return z.parse(Progress, {
    period: PERIOD,
    asOf: at(0),
    byState: {},
    amountByState: {},
    parkedByReason: {},
    parkedAmountByReason: {},
    unpackagedClients: 0,
    series: [],
    packagingRuns: [],
  });
}

export const PERIODS = z.parse(PeriodList, { periods: [PERIOD, '2026-10-H2'] });

const flowing = {
  rate: { allowedPerSecond: 22, currentPerSecond: 22, measuredPerSecond: 21.7 },
  concurrency: { allowed: 12, current: 12, inUse: 9 },
};

export function flowingSending(): SendingStatus {
  return z.parse(SendingStatus, { asOf: at(0), breaker: { state: 'closed' }, ...flowing });
}

export function stoppedSending(): SendingStatus {
  return z.parse(SendingStatus, {
    asOf: at(0),
    breaker: {
      state: 'open',
      since: at(-4 * MINUTE_MS),
      reason: '503 five times in a row',
      nextTryAt: at(22_000),
    },
    rate: { ...flowing.rate, currentPerSecond: 1.1, measuredPerSecond: 0 },
    concurrency: { allowed: 12, current: 1, inUse: 0 },
  });
}

export function blockedSending(leftMs = 58 * MINUTE_MS): SendingStatus {
  return z.parse(SendingStatus, { ...flowingSending(), blockedUntil: at(leftMs) });
}

export const QUEUES = z.parse(QueueList, {
  asOf: at(0),
  queues: [{ name: 'consumption', waiting: 120, inFlight: 5, deadLetters: 3 }],
  outboxEntries: 42,
});

const stage = (name: string, events: number, eur: string) => ({
  name,
  events,
  amounts: { EUR: eur, USD: '1335.74218' },
});

export function conserved(provenAt = at(-12 * MINUTE_MS)): ConservationProof {
  const stages = ['ledger', 'deltas', 'daily records', 'packages'];
  return z.parse(ConservationProof, {
    provenAt,
    isConserved: true,
    stages: stages.map((name) => stage(name, 1_204_331, '1737532.6123')),
    accounts: 100,
    differences: 0,
    balances: 0,
    entries: 0,
    first: [],
  });
}

export function notConserved(): ConservationProof {
  return z.parse(ConservationProof, {
    ...conserved(),
    isConserved: false,
    stages: [
      stage('ledger', 1_204_331, '1737532.6123'),
      stage('deltas', 1_204_331, '1737532.6123'),
      stage('daily records', 1_204_330, '1737520.2723'),
      stage('packages', 1_204_330, '1737520.2723'),
    ],
    differences: 1,
    first: ['acme 2026-11-03 api.requests EUR: ledger 12.34, daily records 0.00'],
  });
}

/** Sums that are the same at every stage, and trees that are not what the deltas imply. */
export function treesDiffer(): ConservationProof {
  return z.parse(ConservationProof, {
    ...conserved(),
    isConserved: false,
    trees: 2,
    first: ['2026-11-03, shard 4: fold 2 is missing.'],
  });
}

/** As it is kept where the audit itself has failed. */
export function failedProof(): ConservationProof {
  return z.parse(ConservationProof, {
    ...{ provenAt: at(-3_000), isConserved: false, stages: [] },
    ...{ accounts: 0, differences: 0, balances: 0, entries: 0, trees: 0 },
    first: ['The audit did not come to its end: batch 01JD8Z is not what was kept'],
  });
}

/** As the API answers while something behind it is away. */
export const UNAVAILABLE = {
  status: 503,
  code: 'unavailable',
  title: 'Temporarily unavailable',
  detail: 'The table did not answer; ask again.',
};

export const DEAD_LETTERS = z.parse(DeadLetterList, {
  count: 3,
  letters: [
    {
      id: '1',
      queue: 'consumption',
      sentAt: at(-40 * MINUTE_MS),
      reason: 'breaks_contract',
      detail: 'events[3].amountMicros must be a whole number',
      bytes: 48_211,
      batch: { id: '01JD8Z0000000000000000000A', shard: 17, events: 210 },
      preview: '{"batch":"01JD8Z0000000000000000000A","shard":17,"events":[{"kind":"charge"',
    },
    {
      id: '2',
      queue: 'consumption',
      sentAt: at(-20 * MINUTE_MS),
      reason: 'not_json',
      bytes: 12,
      preview: 'hello, queue',
    },
    {
      id: '3',
      queue: 'consumption',
      sentAt: at(-10 * MINUTE_MS),
      reason: 'gave_up',
      bytes: 1_024,
      preview: '{}',
    },
  ],
});

export const PRICES = z.parse(PriceListAnswer, {
  prices: [
    { meter: 'api.requests', currency: 'EUR', amount: '0.05', per: '1000' },
    { meter: '*', currency: 'EUR', amount: '1.00', per: '1' },
  ],
});

export function dailyUsageOf(client: string): DailyUsage {
  return z.parse(DailyUsage, {
    client,
    period: PERIOD,
    days: Array.from({ length: 12 }, (_, index) => ({
      day: `2026-11-${String(index + 1).padStart(2, '0')}`,
      meter: index % 2 === 0 ? 'api.requests' : 'llm.input_tokens',
      source: 'postpaid' as const,
      currency: 'EUR',
      events: 40 + index,
      quantity: `${(index + 1) * 1_000}`,
      amount: `${(index % 5) + 1}.25`,
    })),
  });
}

/** The overview of a session that goes well. */
export const OVERVIEW = {
  periods: PERIODS,
  progress: () => midwayProgress(),
  sending: () => flowingSending(),
  queues: QUEUES,
  conservation: () => conserved(),
};
