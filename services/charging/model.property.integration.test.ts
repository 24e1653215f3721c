import { expect, test } from '@jest/globals';
import { balanceAtEnd, foldBalances } from '#shared/domain/conservation.ts';
import { effectOf, type LedgerEvent } from '#shared/domain/ledger-event.ts';
import { readAccount } from './account-store.ts';
import { expireHolds, readHolds } from './hold-store.ts';
import { availableOf, journalLineOf } from './testing/model.ts';
import { type ModelRun, runBeside } from './testing/model-run.ts';
import { useOwnStore } from './testing/own-store.ts';
import { journalOf } from './testing/store.ts';

const SEED = Number(process.env.SEED ?? 20_261_121);
const SEQUENCES = 24;
const LENGTH = 1_500;

/** Seeds of sequences that once found something, run first. */
const KEPT_SEEDS: readonly number[] = [];

const own = useOwnStore();

type AccountEvent = Exclude<LedgerEvent, { kind: 'usage' }>;

async function expectAsModelled({ store, model }: ModelRun): Promise<void> {
  while ((await expireHolds(store, 0)) > 0);
  const journal = (await journalOf(own.redis)) as AccountEvent[];
  const byClient = Map.groupBy(journal, ({ client }) => client);
  expect(
    new Map([...byClient].map(([client, events]) => [client, events.map(journalLineOf)])),
  ).toEqual(model.journal);
  const histories = foldBalances(journal, Number.POSITIVE_INFINITY);
  const expiries: string[] = [];
  for (const [client, account] of model.accounts) {
    const { currency, balanceMicros, heldMicros, limitMicros, status, holds } = account;
    expect(await readAccount(store, client)).toEqual({
      ...{ client, currency, balanceMicros, heldMicros, status },
      creditLimitMicros: limitMicros,
    });
    expect(availableOf(account)).toBeGreaterThanOrEqual(0n);
    const events = byClient.get(client) as AccountEvent[];
    expectChained(events);
    const history = histories.get(client);
    expect(history).toMatchObject({ sumMicros: balanceMicros, heldMicros });
    expect(history && balanceAtEnd(history)).toBe(balanceMicros);
    const kept = await readHolds(store, client);
    expect(new Map(kept.map(({ id, ...hold }) => [id, hold]))).toEqual(holds);
    expect(kept.reduce((sum, hold) => sum + hold.leftMicros, 0n)).toBe(heldMicros);
    for (const { id, expiresAtMs } of kept) expiries.push(`${client} ${id}`, `${expiresAtMs}`);
  }
  const found = await own.redis.zrange('{s000}:expiries', 0, '-1', 'WITHSCORES');
  expect(pairs(found)).toEqual(pairs(expiries));
  const names = journal.map(({ client, kind, id }) => `${client} ${kind} ${id}`);
  expect(new Set(names).size).toBe(names.length);
}

/** Each event carries the state that the ones before it and itself lead to, in which never more is spent than there is. */
function expectChained(events: readonly AccountEvent[]): void {
  let [balance, held, limit] = [0n, 0n, 0n];
  const states = events.map((event) => {
    const effect = effectOf(event);
    balance += effect.balanceMicros;
    held += effect.heldMicros;
    if (event.kind === 'terms') limit = event.creditLimitMicros;
    const isOverdrawn = balance - held + limit < 0n || held < 0n;
    return [balance, 'heldMicros' in event && held, isOverdrawn];
  });
  expect(events.map((event) => [event.balanceMicros, heldOf(event), false])).toEqual(states);
}

function heldOf(event: AccountEvent): bigint | false {
  return 'heldMicros' in event && event.heldMicros;
}

function pairs(list: readonly string[]): Map<string, string> {
  return new Map(list.flatMap((item, index) => (index % 2 ? [] : [[item, list[index + 1] ?? '']])));
}

test(`random operations do what the model does, and the journal accounts for it (SEED=${SEED})`, async () => {
  const answers = new Map<string, number>();
  let operations = 0;
  const seeds = [...KEPT_SEEDS, ...Array.from({ length: SEQUENCES }, (_, index) => SEED + index)];
  for (const seed of seeds) {
    const run = await runBeside(own.redis, seed, LENGTH);
    await expectAsModelled(run);
    operations += run.operations;
    for (const [type, count] of run.answers) answers.set(type, (answers.get(type) ?? 0) + count);
  }
  process.stderr.write(
    `${operations} operations: ${JSON.stringify(Object.fromEntries(answers))}\n`,
  );
  expect(operations).toBeGreaterThan(100_000);
}, 120_000);
