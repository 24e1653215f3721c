import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import { seededRandom } from '#localstack/traffic/random.ts';
import type { LedgerEvent } from '#shared/domain/ledger-event.ts';
import { FINGERPRINT_LENGTH } from '#shared/platform/receipts.ts';
import { type AccountStore, changeTerms, openAccount } from './account-store.ts';
import { type BalanceChange, changeBalance, changeBalances } from './balance-store.ts';
import { placeHold } from './hold-store.ts';
import { journalLineOf } from './testing/model.ts';
import { lineOf } from './testing/model-run.ts';
import { Operations } from './testing/operations.ts';
import { useOwnStore } from './testing/own-store.ts';
import {
  connectTo,
  HOUR_MS,
  hold,
  journalOf,
  markComplete,
  nowMsOf,
  opening,
  storeOn,
  terms,
} from './testing/store.ts';

const SEED = Number(process.env.SEED ?? 20_261_121);
const SEQUENCES = 12;
const LENGTH = 1_000;

const own = useOwnStore({ shards: 1 });
let other: Redis;

beforeAll(() => {
  other = connectTo(`${own.valkey.url}/1`);
});
afterAll(() => other.disconnect());

/** Accounts as they differ: plain, with holds, with a credit limit, frozen, closed; one is missing. */
async function prepare(redis: Redis, names: readonly string[]): Promise<AccountStore> {
  await redis.flushdb();
  const store = storeOn(redis, { shards: 1 });
  await markComplete(store, 0);
  for (const client of names.slice(0, 5)) {
    await openAccount(store, { ...opening(client), amountMicros: 10n ** 16n });
  }
  const [, held, limited, frozen] = names as [string, string, string, string];
  await placeHold(store, hold(held, 10n ** 15n, 'h'), HOUR_MS);
  await changeTerms(store, terms(limited, 't'), { creditLimitMicros: 10n ** 15n });
  await changeTerms(store, terms(frozen, 't'), { status: 'frozen' });
  return store;
}

/** What it says, whatever the time. */
const timeless = (line: string) => line.replace(/\b1[78]\d{11}\b/g, '<time>');

const receiptOf = (text: string) => [
  text.slice(0, FINGERPRINT_LENGTH),
  timeless(text.slice(FINGERPRINT_LENGTH)),
];

async function stateOf(redis: Redis, names: readonly string[]) {
  const journal = (await journalOf(redis)) as Exclude<LedgerEvent, { kind: 'usage' }>[];
  const receipts = await redis.keys('*:receipts:*');
  return {
    accounts: await Promise.all(names.map((name) => redis.hgetall(`{s000}:account:${name}`))),
    journal: journal.map((event) => `${event.client} ${timeless(journalLineOf(event))}`),
    receipts: Object.fromEntries(
      await Promise.all(
        receipts.sort().map(async (key) => {
          const fields = Object.entries(await redis.hgetall(key));
          return [key, new Map(fields.map(([id, text]) => [id, receiptOf(text)]))];
        }),
      ),
    ),
  };
}

/** Sends the changes in batches of all sizes. */
async function sendInBatches(store: AccountStore, changes: readonly BalanceChange[], seed: number) {
  const random = seededRandom(seed);
  const replies: string[] = [];
  for (let index = 0; index < changes.length; ) {
    const size = 1 + Math.floor(random() ** 3 * 120);
    const batch = changes.slice(index, index + size);
    // As one request, or as those of many callers that travel together.
    const outcomes =
      random() < 0.5
        ? await changeBalances(store, batch)
        : await Promise.all(batch.map((change) => changeBalance(store, change)));
    replies.push(...outcomes.map(lineOf));
    index += size;
  }
  return replies;
}

test(`changes sent one by one and in batches end in the same answers and the same state (SEED=${SEED})`, async () => {
  for (let index = 0; index < SEQUENCES; index++) {
    const seed = SEED + index;
    const source = new Operations(seed, 'c', await nowMsOf(own.redis));
    const changes = Array.from({ length: LENGTH }, () => source.nextChange());
    const names = [0, 1, 2, 3, 4, 5].map((client) => `c-${client}`);
    const [one, many] = [await prepare(own.redis, names), await prepare(other, names)];

    const singly: string[] = [];
    for (const change of changes) singly.push(lineOf(await changeBalance(one, change)));
    const together = await sendInBatches(many, changes, seed);
    expect(together.map(timeless)).toEqual(singly.map(timeless));
    expect(await stateOf(other, names)).toEqual(await stateOf(own.redis, names));
    expect(new Set(singly.map((line) => line.split(' ')[0])).size).toBeGreaterThan(7);
  }
}, 60_000);
