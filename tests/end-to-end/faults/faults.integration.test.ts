import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { seededRandom } from '#localstack/traffic/random.ts';
import { log } from '#shared/platform/log.ts';
import { connectRedis } from '#shared/platform/redis.ts';
import { describeInBrowser } from '../../browser/in-browser.ts';
import { bundleProcesses } from '../../crash/bundles.ts';
import { whileKilling } from '../chaos.ts';
import { accepted, checkBooks, type Expected, type Place } from './check-books.ts';
import { inParallel } from './in-parallel.ts';
import { ERRANDS, killErrand, rehearse } from './killed-loops.ts';
import { putPackages } from './packages.ts';
import { mixedInvoices, scenarioRules, untilAtRest, untoldScenarios } from './per-invoice.ts';
import { SCENARIOS } from './scenarios.ts';
import {
  failForTwoMinutes,
  type Outage,
  resume,
  throttleForAnHour,
  throttleForSeconds,
} from './sender-wide.ts';
import { expectBanner, expectStory } from './shown.ts';
import { openWorld, readSending, type World, whileSending } from './world.ts';
import { sendByWrongClocks } from './wrong-clocks.ts';

const SEED = Number(process.env.SEED || Math.floor(Math.random() * 1e9));
/** Loops that are killed, side by side. */
const KILLED_AT_ONCE = 16;

const redis = connectRedis({
  url: process.env.REDIS_URL ?? '',
  isCluster: false,
  commandTimeoutMs: 10_000,
});
let world: World;
let place: Place;
/** All that was ever put: books are compared as a whole after each test. */
let expected: Expected[] = [];

beforeAll(async () => {
  jest.spyOn(log, 'warn').mockImplementation(() => {});
  world = await openWorld();
  const { cloud, invoicesTable, simulator } = world;
  place = { dynamo: cloud.dynamo, invoicesTable, simulator };
});
afterAll(() => redis.disconnect());

async function put(added: readonly Expected[]): Promise<void> {
  expected.push(...added);
  await putPackages(place.dynamo, place.invoicesTable, added);
}

describe(`every invoice once, whatever the invoice API does (SEED=${SEED})`, () => {
  test('it times out, resets, talks garbage, loses, answers twice and gets poison, and senders are killed', async () => {
    const { tried, crowd } = mixedInvoices(SEED);
    await world.simulator.rule(scenarioRules);
    await put([...tried, ...crowd]);
    const { kills } = await whileSending(world, () =>
      whileKilling(world.environment, () => untilAtRest(place, expected), {
        ...{ random: seededRandom(SEED), most: 8, pauseMs: 1_500 },
      }),
    );
    await checkBooks(place, expected);
    expect(await untoldScenarios(place, tried)).toEqual([]);
    expect(kills).toBeGreaterThan(3);
  }, 300_000);

  describeInBrowser('the page', (open) => {
    test('tells of each of these what happened, and why it is where it is', async () => {
      const page = await open();
      for (const scenario of SCENARIOS) await expectStory(page, place, scenario);
    }, 240_000);
  });

  test('what was parked goes on at the wish of a person, once the cause is gone', async () => {
    await world.simulator.rule([]);
    const mended = ['rejected-', 'lost-always-'];
    const isMended = ({ item }: Expected) => mended.some((name) => item.client.startsWith(name));
    expected = expected.map((each) => (isMended(each) ? accepted(each) : each));
    for (const { item } of expected.filter(isMended)) {
      const { status } = await world.api.post(`/v1/invoices/${item.id}/retry`, {});
      // It takes effect once: where the first answer got lost, the second one says that it is not parked any more.
      expect([202, 409]).toContain(status);
    }
    await whileSending(world, () => untilAtRest(place, expected));
    await checkBooks(place, expected);
  }, 240_000);

  test('it answers 429 to everything for some seconds', async () => {
    await throttleForSeconds({ world, place, put });
    await checkBooks(place, expected);
  }, 240_000);

  describe('it asks to be left alone for an hour', () => {
    let waiting: Expected[];

    test('nothing is sent, even after it is well again', async () => {
      waiting = await throttleForAnHour({ world, place, put });
    }, 240_000);

    describeInBrowser('the page', (open) => {
      test('says so, and until when', async () => {
        await expectBanner(await open(), /asked to be left alone.*Nothing is sent until/s);
      }, 120_000);
    });

    test('until a person resumes', async () => {
      await resume({ world, place, put }, waiting);
      await checkBooks(place, expected);
    }, 240_000);
  });

  describe('it answers 500 for two minutes', () => {
    let outage: Outage;

    test('the breaker opens, and says so', async () => {
      outage = await failForTwoMinutes({ world, place, put });
      expect((await readSending(world)).breaker).toMatchObject({
        state: 'open',
        reason: expect.stringContaining('500'),
      });
    }, 240_000);

    describeInBrowser('the page', (open) => {
      test('says so, and why', async () => {
        await expectBanner(await open(), /Sending has stopped.*500: SYSTEM ERROR/s);
      }, 120_000);
    });

    // Elsewhere, at the invoice APIs of their own, while nothing happens here.
    describe('meanwhile, in processes of their own', () => {
      let bundles: Awaited<ReturnType<typeof bundleProcesses>>;
      beforeAll(async () => {
        bundles = await bundleProcesses([join(import.meta.dirname, 'loop-process.ts')]);
      });
      afterAll(() => bundles.remove());

      test('a sender or poller is killed before or after any of its steps', async () => {
        const workshop = { file: join(bundles.folder, 'loop-process.mjs'), redis };
        const rehearsals = await inParallel(ERRANDS, KILLED_AT_ONCE, async (errand) => {
          const orders = await rehearse(workshop, errand);
          return orders.map((order) => ({ errand, order }));
        });
        const kills = rehearsals.flat();
        const survived = await inParallel(kills, KILLED_AT_ONCE, async ({ errand, order }) => {
          const isKilled = await killErrand(workshop, errand, order);
          return isKilled ? [] : [`${errand.name}: ${order.step}, turn ${order.turn}`];
        });
        expect(survived.flat()).toEqual([]);
        expect(kills.length).toBeGreaterThan(80);
      }, 300_000);

      test('clocks differ by hours and step while requests are under way', async () => {
        await sendByWrongClocks(redis, SEED);
      }, 240_000);
    });

    test('single requests try, and sending goes on by itself', async () => {
      await outage.over;
      expect(await outage.requests()).toBeLessThan(150);
      expect((await readSending(world)).breaker.state).toBe('closed');
      await checkBooks(place, expected);
    }, 300_000);
  });
});
