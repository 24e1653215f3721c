import { expect } from '@jest/globals';
import { until } from '#localstack/run/cloud.ts';
import type { Invoice } from '#shared/contracts/invoices.ts';
import { SendingStatus } from '#shared/contracts/sending.ts';
import { accepted, type Expected, isAtRest, type Place, readInvoices } from './check-books.ts';
import { frozenPackages } from './packages.ts';
import { readSending, type World, whileSending } from './world.ts';

/** What the invoice API does to everybody at once. */

const REST_WITHIN_MS = 90_000;
/** How long the simulator fails in an outage. */
const OUTAGE_MS = 120_000;
/** After an outage the next probe comes a minute later at the most. */
const PROBE_WITHIN_MS = 60_000;
const RETRY_AFTER_SECONDS = 2;
const STORM_REQUESTS = 12;
const HOUR_MS = 3_600_000;

export interface Trial {
  readonly world: World;
  readonly place: Place;
  /** Puts packages, which are expected to end so. */
  readonly put: (added: readonly Expected[]) => Promise<void>;
}

async function putAccepted({ put }: Trial, name: string, count: number): Promise<Expected[]> {
  const added = frozenPackages(name, count).map(accepted);
  await put(added);
  return added;
}

const rest = ({ place }: Trial, expected: readonly Expected[], withinMs = REST_WITHIN_MS) =>
  until('coming to rest', withinMs, () => isAtRest(place, expected), 1_000);

/** Every request is answered 429, again and again, until there were several blocks. */
export async function throttleForSeconds(trial: Trial): Promise<void> {
  const { world, place } = trial;
  await world.simulator.rule([{ fault: 'throttled', retryAfterSeconds: RETRY_AFTER_SECONDS }]);
  const added = await putAccepted(trial, 'storm', 80);
  await whileSending(world, async () => {
    const startedAt = performance.now();
    const met = async () => (await world.simulator.met())[0] ?? 0;
    await until('a storm', REST_WITHIN_MS, async () => (await met()) >= STORM_REQUESTS);
    const { concurrency } = await readSending(world);
    const blocks = (performance.now() - startedAt) / (RETRY_AFTER_SECONDS * 1_000) + 1;
    // Those that were under way when the first one of a block was answered.
    expect(await met()).toBeLessThanOrEqual(blocks * concurrency.allowed);
    await world.simulator.rule([]);
    await rest(trial, added);
  });
  const invoices = await readInvoices(place);
  const throttled = added
    .map(({ item }) => invoices.get(item.id) as Invoice)
    .filter(({ history }) => history.some(({ answer }) => answer === 'throttled'));
  expect(throttled.length).toBeGreaterThan(0);
  expect(throttled.filter(({ attempts }) => attempts !== 1)).toEqual([]);
}

/** Asked to be left alone for an hour, nobody sends any more, not even once the API is well again. */
export async function throttleForAnHour(trial: Trial): Promise<Expected[]> {
  const { world } = trial;
  await world.simulator.rule([{ fault: 'throttled', retryAfterSeconds: 3_600 }]);
  const added = await putAccepted(trial, 'hour', 50);
  await whileSending(world, () =>
    until('a block', REST_WITHIN_MS, async () => {
      const { blockedUntil, concurrency } = await readSending(world);
      return blockedUntil !== undefined && concurrency.inUse === 0;
    }),
  );
  const { asOf, blockedUntil = '' } = await readSending(world);
  const blockedMs = Date.parse(blockedUntil) - Date.parse(asOf);
  expect(blockedMs).toBeGreaterThan(HOUR_MS - 2 * REST_WITHIN_MS);
  expect(blockedMs).toBeLessThanOrEqual(HOUR_MS);

  const { requests } = await world.simulator.counters();
  await sendAndPoll(world);
  await world.simulator.rule([]);
  await sendAndPoll(world);
  expect((await world.simulator.counters()).requests).toBe(requests);
  return added;
}

/** A person says that sending may go on. */
export async function resume(trial: Trial, waiting: readonly Expected[]): Promise<void> {
  const { world } = trial;
  const resumed = await world.api.post('/v1/sending/resume', {});
  expect(resumed.status).toBe(200);
  expect(SendingStatus.parse(resumed.body).blockedUntil).toBeUndefined();
  await whileSending(world, () => rest(trial, waiting));
}

/** One round of each loop: they end at once where there is nothing that they may begin. */
async function sendAndPoll({ cloud }: World): Promise<void> {
  await cloud.invoke('send-invoices', { untilIdle: true });
  await cloud.invoke('poll-invoices', { untilIdle: true });
}

export interface Outage {
  /** Until it is over and everything has come to rest. */
  readonly over: Promise<void>;
  /** The requests that it has met. */
  readonly requests: () => Promise<number>;
}

/** Every request is answered 500 for two minutes, some of it after having been carried out. Resolves once the breaker is open. */
export async function failForTwoMinutes(trial: Trial): Promise<Outage> {
  const { world } = trial;
  const lasting = { lastsMs: OUTAGE_MS } as const;
  await world.simulator.rule([
    {
      ...{ ...lasting, fault: 'serverErrorAfterAccepting' },
      ...{ calls: 'submission', clients: 'outage-taken-' },
    },
    { ...lasting, fault: 'serverErrorBeforeAccepting' },
  ]);
  const added = [
    ...(await putAccepted(trial, 'outage-taken', 60)),
    ...(await putAccepted(trial, 'outage-not-taken', 60)),
  ];
  const over = whileSending(world, () =>
    rest(trial, added, OUTAGE_MS + PROBE_WITHIN_MS + REST_WITHIN_MS),
  );
  // Whoever waits for the end has the error.
  over.catch(() => {});
  await until('an open breaker', REST_WITHIN_MS, async () => {
    return (await readSending(world)).breaker.state === 'open';
  });
  return {
    over,
    requests: async () => (await world.simulator.met()).reduce((sum, met) => sum + met, 0),
  };
}
