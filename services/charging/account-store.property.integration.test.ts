import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { foldBalances } from '#shared/domain/conservation.ts';
import { startValkey, type Valkey } from '#shared/testing/valkey.ts';
import { type ChangeOutcome, changeBalance, openAccount, readAccount } from './account-store.ts';
import {
  charge,
  connectTo,
  journalOf,
  newClient,
  opening,
  storeOn,
  topUp,
} from './testing/store.ts';

let valkey: Valkey;
let redis: Redis;

beforeAll(async () => {
  valkey = await startValkey();
  redis = connectTo(valkey.url);
});
afterAll(async () => {
  redis.disconnect();
  await valkey.stop();
});

interface Step {
  readonly kind: 'open' | 'charge' | 'top_up' | 'adjustment';
  readonly account: number;
  /** Few, so that they come again: with the same amount or with another. */
  readonly id: number;
  readonly amountMicros: bigint;
  readonly currency: string;
}

const steps = fc.array(
  fc.record<Step>({
    kind: fc.constantFrom('open', 'charge', 'charge', 'charge', 'top_up', 'adjustment'),
    account: fc.nat({ max: 2 }),
    id: fc.nat({ max: 9 }),
    amountMicros: fc.oneof(
      fc.bigInt({ min: 0n, max: 40n }),
      fc.constantFrom(2n ** 53n + 1n, 10n ** 15n, 2n ** 63n - 1n),
    ),
    currency: fc.constantFrom('USD', 'USD', 'USD', 'USD', 'EUR'),
  }),
  { minLength: 1, maxLength: 60 },
);

/** What an account store is to do, without a store. */
class Model {
  readonly accounts = new Map<string, { currency: string; opening: bigint; balance: bigint }>();
  readonly receipts = new Map<string, { request: string; balance: bigint }>();
  events = 0;

  open(client: string, currency: string, amount: bigint): string {
    const account = this.accounts.get(client);
    if (account) {
      const isSame = account.currency === currency && account.opening === amount;
      return `${isSame ? 'exists' : 'differs'} ${account.balance}`;
    }
    this.accounts.set(client, { currency, opening: amount, balance: amount });
    this.events += 1;
    return `opened ${amount}`;
  }

  change(client: string, id: string, currency: string, change: bigint): string {
    const request = `${currency} ${change}`;
    const receipt = this.receipts.get(`${client} ${id}`);
    if (receipt) return receipt.request === request ? `repeated ${receipt.balance}` : 'reused';
    const account = this.accounts.get(client);
    if (!account) return 'unknown_account';
    if (account.currency !== currency) return 'currency_mismatch';
    const balance = account.balance + change;
    if (balance >= 2n ** 63n) return 'balance_out_of_range';
    if (balance < 0n) return 'insufficient_balance';
    account.balance = balance;
    this.receipts.set(`${client} ${id}`, { request, balance });
    this.events += 1;
    return `done ${balance}`;
  }
}

const described = (outcome: ChangeOutcome | { type: string; balanceMicros: bigint }) =>
  'balanceMicros' in outcome ? `${outcome.type} ${outcome.balanceMicros}` : outcome.type;

test('any sequence does what the model does, and the journal accounts for every balance', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      await redis.flushall();
      // One shard: pipelined on one connection, the order of the answers is that of the steps.
      const store = storeOn(redis, { shards: 1 });
      const model = new Model();
      const clients = Array.from({ length: 3 }, newClient) as [string, string, string];
      const expected: string[] = [];
      const authorized = new Set<string>();
      const actual = await Promise.all(
        sequence.map(async ({ kind, account, id, amountMicros, currency }) => {
          const client = clients[account] as string;
          if (kind === 'open') {
            expected.push(model.open(client, currency, amountMicros));
            return described(
              await openAccount(store, { ...opening(client), currency, amountMicros }),
            );
          }
          const signed = kind === 'adjustment' && id % 2 ? -amountMicros : amountMicros;
          const change = kind === 'charge' ? -amountMicros : signed;
          const name = `${kind}-${id}`;
          expected.push(model.change(client, name, currency, change));
          if (kind === 'charge' && expected.at(-1)?.startsWith('done')) {
            authorized.add(`${client} ${name}`);
          }
          const event =
            kind === 'charge'
              ? { ...charge(client, amountMicros, name), currency }
              : { ...topUp(client, signed, name), currency, kind };
          return described(await changeBalance(store, event, { currency, change }));
        }),
      );
      expect(actual).toEqual(expected);

      const journal = await journalOf(redis);
      expect(journal).toHaveLength(model.events);
      const charges = journal.filter((event) => event.kind === 'charge');
      const named = charges.map(({ client, id }) => `${client} ${id}`);
      expect(new Set(named)).toEqual(authorized);
      expect(named).toHaveLength(authorized.size);
      const histories = foldBalances(journal, Number.POSITIVE_INFINITY);
      for (const [client, { sumMicros: balanceMicros }] of histories) {
        expect(balanceMicros).toBeGreaterThanOrEqual(0n);
        expect((await readAccount(store, client))?.balanceMicros).toBe(balanceMicros);
        expect(model.accounts.get(client)?.balance).toBe(balanceMicros);
        expect(journal.findLast((event) => event.client === client)).toMatchObject({
          balanceMicros,
        });
      }
    }),
    { numRuns: 200 },
  );
}, 30_000);
