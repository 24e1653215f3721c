import { describe, expect, test } from '@jest/globals';
import { foldBalances } from '#shared/domain/conservation.ts';
import { readAccount } from './account-store.ts';
import { changeBalance } from './balance-store.ts';
import {
  captureHold,
  expireHolds,
  extendHold,
  placeHold,
  readHolds,
  releaseHold,
} from './hold-store.ts';
import { useOwnStore } from './testing/own-store.ts';
import {
  capture,
  charge,
  extension,
  HOUR_MS,
  hold,
  nowMsOf,
  openNew,
  release,
  topUp,
  waitPast,
} from './testing/store.ts';

const own = useOwnStore({ shards: 1 });

const place = (client: string, amountMicros: bigint, id: string, lifetimeMs = HOUR_MS) =>
  placeHold(own.store, hold(client, amountMicros, id), lifetimeMs);
const take = (
  client: string,
  holdId: string,
  amountMicros: bigint,
  options: { isUpTo?: boolean; isFinal?: boolean } = {},
) =>
  captureHold(own.store, capture(client, holdId, amountMicros), {
    isUpTo: false,
    isFinal: false,
    ...options,
  });
const stateOf = async (client: string) => {
  const account = await readAccount(own.store, client);
  const holds = await readHolds(own.store, client);
  return [
    account?.balanceMicros,
    account?.heldMicros,
    Object.fromEntries(holds.map(({ id, leftMicros }) => [id, leftMicros])),
  ];
};

/** A hold that expires before this returns. */
async function placeExpired(client: string, amountMicros: bigint, id: string): Promise<void> {
  const placed = await place(client, amountMicros, id, 1);
  await waitPast(own.redis, 'values' in placed ? Number(placed.values[1]) : Number.NaN);
}

describe('a hold', () => {
  test('keeps an amount back: what is available is less, the balance is not', async () => {
    const client = await openNew(own.store, 100n);
    const startedMs = await nowMsOf(own.redis);
    const placed = await place(client, 60n, 'h');
    expect(placed).toMatchObject({ type: 'done', balanceMicros: 100n });
    const [held, expiresAt] = 'values' in placed ? placed.values : [];
    expect(held).toBe('60');
    expect(Number(expiresAt) - startedMs).toBeGreaterThanOrEqual(HOUR_MS);
    expect(Number(expiresAt) - startedMs).toBeLessThan(HOUR_MS + 5_000);
    expect(await stateOf(client)).toEqual([100n, 60n, { h: 60n }]);

    const refused = await changeBalance(own.store, { event: charge(client, 41n) });
    expect(refused).toEqual({ type: 'insufficient_balance' });
    expect(await place(client, 41n, 'i')).toEqual({ type: 'insufficient_balance' });
    const rest = await changeBalance(own.store, { event: charge(client, 99n), isUpTo: true });
    expect(rest).toMatchObject({ type: 'done', balanceMicros: 60n, values: ['40'] });
    expect((await own.eventsOf(client)).slice(1)).toMatchObject([
      { kind: 'hold', id: 'h', amountMicros: 60n, balanceMicros: 100n, heldMicros: 60n },
      { kind: 'charge', amountMicros: 40n, balanceMicros: 60n },
    ]);
  });

  test('placed again with the same body answers the same, with another body is told apart', async () => {
    const client = await openNew(own.store, 100n);
    const first = await place(client, 60n, 'h');
    await take(client, 'h', 10n);
    expect(await own.changesNothing(() => place(client, 60n, 'h'))).toEqual({
      ...first,
      type: 'repeated',
    });
    expect(await own.changesNothing(() => place(client, 61n, 'h'))).toMatchObject({
      type: 'reused',
    });
  });

  test('captured in parts, each an event; the last gives the rest back', async () => {
    const client = await openNew(own.store, 100n);
    await place(client, 60n, 'h');
    expect(await take(client, 'h', 10n)).toMatchObject({
      type: 'done',
      balanceMicros: 90n,
      values: ['50', '10', '50'],
    });
    expect(await take(client, 'h', 15n)).toMatchObject({ values: ['35', '15', '35'] });
    expect(await take(client, 'h', 5n, { isFinal: true })).toMatchObject({
      balanceMicros: 70n,
      values: ['0', '5', '0'],
    });
    expect(await stateOf(client)).toEqual([70n, 0n, {}]);
    expect(await take(client, 'h', 1n)).toEqual({ type: 'unknown_hold' });
    expect((await own.eventsOf(client)).slice(2)).toMatchObject([
      { kind: 'capture', holdId: 'h', amountMicros: 10n, heldMicros: 50n, releasedMicros: 0n },
      { kind: 'capture', holdId: 'h', amountMicros: 15n, heldMicros: 35n, releasedMicros: 0n },
      { kind: 'capture', holdId: 'h', amountMicros: 5n, heldMicros: 0n, releasedMicros: 30n },
    ]);
  });

  test('captured to its end is gone, also where more might have come', async () => {
    const client = await openNew(own.store, 100n);
    await place(client, 60n, 'h');
    await take(client, 'h', 60n);
    expect(await stateOf(client)).toEqual([40n, 0n, {}]);
  });

  test('over-captured is refused, or granted what is left', async () => {
    const client = await openNew(own.store, 100n);
    await place(client, 60n, 'h');
    const over = () => take(client, 'h', 61n);
    expect(await own.changesNothing(over)).toEqual({ type: 'insufficient_hold' });
    expect(await take(client, 'h', 120n, { isUpTo: true })).toMatchObject({
      type: 'done',
      balanceMicros: 40n,
      values: ['0', '60', '0'],
    });
    expect((await own.eventsOf(client)).at(-1)).toMatchObject({
      kind: 'capture',
      amountMicros: 60n,
      quantityMicros: 500_000n,
    });
  });

  test('released gives all back that it still keeps, once', async () => {
    const client = await openNew(own.store, 100n);
    await place(client, 60n, 'h');
    await take(client, 'h', 20n);
    const event = release(client, 'h');
    const released = await releaseHold(own.store, event);
    expect(released).toMatchObject({ type: 'done', balanceMicros: 80n, values: ['0', '40'] });
    const again = await own.changesNothing(() => releaseHold(own.store, event));
    expect(again).toEqual({ ...released, type: 'repeated' });
    const another = await own.changesNothing(() => releaseHold(own.store, release(client, 'h')));
    expect(another).toEqual({ type: 'unknown_hold' });
    expect(await stateOf(client)).toEqual([80n, 0n, {}]);
  });

  test('extended lasts longer, and never shorter than it would have', async () => {
    const client = await openNew(own.store, 100n);
    const placed = await place(client, 60n, 'h');
    const expiresAt = 'values' in placed ? placed.values[1] : undefined;
    const shorter = await extendHold(own.store, extension(client, 'h'), 1);
    expect(shorter).toMatchObject({ type: 'done', values: ['60', expiresAt] });
    await extendHold(own.store, extension(client, 'h'), 3 * HOUR_MS);
    const [kept] = await readHolds(own.store, client);
    expect(Number(kept?.expiresAtMs) - Number(expiresAt)).toBeGreaterThan(HOUR_MS);
    expect(await own.redis.zscore('{s000}:expiries', `${client} h`)).toBe(`${kept?.expiresAtMs}`);
  });

  test.each<[string, (client: string) => Promise<unknown>]>([
    ['captured', (client) => take(client, 'h', 1n)],
    ['released', (client) => releaseHold(own.store, release(client, 'h'))],
    ['extended', (client) => extendHold(own.store, extension(client, 'h'), HOUR_MS)],
  ])('of another client cannot be %s', async (_name, work) => {
    const [one, other] = [await openNew(own.store, 100n), await openNew(own.store, 100n)];
    await place(one, 60n, 'h');
    expect(await own.changesNothing(() => work(other))).toEqual({ type: 'unknown_hold' });
  });

  test('in another currency is neither placed nor captured', async () => {
    const client = await openNew(own.store, 100n);
    await place(client, 60n, 'h');
    const options = { isUpTo: false, isFinal: false };
    const refusals = await own.changesNothing(() =>
      Promise.all([
        placeHold(own.store, { ...hold(client, 1n), currency: 'EUR' }, HOUR_MS),
        captureHold(own.store, { ...capture(client, 'h', 1n), currency: 'EUR' }, options),
      ]),
    );
    expect(refusals).toEqual(Array(2).fill({ type: 'currency_mismatch' }));
  });

  test('64 captures at once take what it keeps and not more', async () => {
    const client = await openNew(own.store, 100n);
    await place(client, 50n, 'h');
    const outcomes = await Promise.all(Array.from({ length: 64 }, () => take(client, 'h', 3n)));
    expect(outcomes.filter(({ type }) => type === 'done')).toHaveLength(16);
    expect(await stateOf(client)).toEqual([52n, 2n, { h: 2n }]);
  });

  test('whose receipt has lapsed cannot be placed over itself', async () => {
    const client = await openNew(own.store, 100n);
    await place(client, 60n, 'h');
    await own.redis.del(...(await own.redis.keys('*:receipts:*')));
    expect(await own.changesNothing(() => place(client, 10n, 'h'))).toEqual({
      type: 'hold_exists',
    });
    await take(client, 'h', 60n);
    expect(await place(client, 10n, 'h')).toMatchObject({ type: 'done' });
    expect(await stateOf(client)).toEqual([40n, 10n, { h: 10n }]);
  });
});

describe('an expired hold', () => {
  test('gives its money back with the next call, whatever it is', async () => {
    const client = await openNew(own.store, 100n);
    await placeExpired(client, 60n, 'h');
    const charged = await changeBalance(own.store, { event: charge(client, 100n) });
    expect(charged).toMatchObject({ type: 'done', balanceMicros: 0n });
    expect((await own.eventsOf(client)).slice(2)).toMatchObject([
      {
        kind: 'expiry',
        id: 'h',
        holdId: 'h',
        currency: 'USD',
        amountMicros: 60n,
        balanceMicros: 100n,
        heldMicros: 0n,
      },
      { kind: 'charge', balanceMicros: 0n },
    ]);
  });

  test('gives it back without a call, exactly once, and only what was not captured', async () => {
    const client = await openNew(own.store, 100n);
    const placed = await place(client, 60n, 'h', 200);
    await take(client, 'h', 25n);
    await waitPast(own.redis, 'values' in placed ? Number(placed.values[1]) : Number.NaN);
    const counts = await Promise.all([1, 2, 3].map(() => expireHolds(own.store, 0)));
    expect(counts).toEqual([1, 0, 0]);
    expect(await stateOf(client)).toEqual([75n, 0n, {}]);
    const expiries = (await own.eventsOf(client)).filter(({ kind }) => kind === 'expiry');
    expect(expiries).toMatchObject([{ amountMicros: 35n, balanceMicros: 75n, heldMicros: 0n }]);
    expect(await own.redis.zcard('{s000}:expiries')).toBe(
      (await own.redis.zrangebyscore('{s000}:expiries', await nowMsOf(own.redis), '+inf')).length,
    );
  });

  test.each<[string, (client: string) => Promise<unknown>]>([
    ['captured', (client) => take(client, 'h', 1n)],
    ['captured up to an amount', (client) => take(client, 'h', 1n, { isUpTo: true })],
    ['released', (client) => releaseHold(own.store, release(client, 'h'))],
    ['extended', (client) => extendHold(own.store, extension(client, 'h'), HOUR_MS)],
  ])('cannot be %s', async (_name, work) => {
    const client = await openNew(own.store, 100n);
    await placeExpired(client, 60n, 'h');
    expect(await work(client)).toEqual({ type: 'unknown_hold' });
    expect(await stateOf(client)).toEqual([100n, 0n, {}]);
    const kinds = (await own.eventsOf(client)).map(({ kind }) => kind);
    expect(kinds).toEqual(['opening', 'hold', 'expiry']);
  });

  test('placed again answers as it did, and holds nothing', async () => {
    const client = await openNew(own.store, 100n);
    await placeExpired(client, 60n, 'h');
    expect(await place(client, 60n, 'h', 1)).toMatchObject({ type: 'repeated' });
    await expireHolds(own.store, 0);
    expect(await stateOf(client)).toEqual([100n, 0n, {}]);
  });

  test('also gives back beside a refusal and a batch of others', async () => {
    const [client, other] = [await openNew(own.store, 100n), await openNew(own.store, 100n)];
    await place(other, 10n, 'o');
    await placeExpired(client, 60n, 'h');
    const refused = await changeBalance(own.store, { event: charge(other, 1_000n) });
    expect(refused).toEqual({ type: 'insufficient_balance' });
    expect(await stateOf(client)).toEqual([100n, 0n, {}]);
  });
});

describe('more holds due than one call gives back', () => {
  const COUNT = 1_250;

  /** Holds of 1, all due when this returns, and none given back yet. */
  async function placeMany(client: string): Promise<void> {
    const placed = await Promise.all(
      Array.from({ length: COUNT }, (_, index) => place(client, 1n, `h-${index}`, 2_000)),
    );
    const [last] = placed.slice(-1);
    await waitPast(own.redis, last && 'values' in last ? Number(last.values[1]) : Number.NaN);
  }

  test('are given back by the next ones, each once', async () => {
    const client = await openNew(own.store, BigInt(COUNT));
    await placeMany(client);
    const counts: number[] = [];
    do counts.push(await expireHolds(own.store, 0));
    while (counts.at(-1) !== 0);
    expect(counts).toEqual([1_000, 250, 0]);
    expect(await stateOf(client)).toEqual([BigInt(COUNT), 0n, {}]);
    const expiries = (await own.eventsOf(client)).filter(({ kind }) => kind === 'expiry');
    expect(expiries).toHaveLength(COUNT);
    expect(new Set(expiries.map(({ id }) => id)).size).toBe(COUNT);
  });

  test('a charge is not refused for want of what many due holds keep', async () => {
    const client = await openNew(own.store, 150n);
    const placed = await Promise.all(
      Array.from({ length: 150 }, (_, index) => place(client, 1n, `h-${index}`, 1_000)),
    );
    const last = placed.at(-1);
    await waitPast(own.redis, last && 'values' in last ? Number(last.values[1]) : Number.NaN);
    expect(await changeBalance(own.store, { event: charge(client, 150n) })).toMatchObject({
      type: 'done',
      balanceMicros: 0n,
    });
    expect(await stateOf(client)).toEqual([0n, 0n, {}]);
    expect((await own.eventsOf(client)).filter(({ kind }) => kind === 'expiry')).toHaveLength(150);
  });

  test('do not let what one of them keeps get lost under a new hold of its id', async () => {
    const client = await openNew(own.store, 2n * BigInt(COUNT));
    await placeMany(client);
    // Nobody remembers the ids any more, as after a window.
    await own.redis.del(...(await own.redis.keys('*:receipts:*')));
    expect(await place(client, 7n, `h-${COUNT - 1}`)).toMatchObject({ type: 'done' });
    while ((await expireHolds(own.store, 0)) > 0);
    expect(await stateOf(client)).toEqual([2n * BigInt(COUNT), 7n, { [`h-${COUNT - 1}`]: 7n }]);
    const { heldMicros } = foldBalances(await own.eventsOf(client), Infinity).get(client) ?? {};
    expect(heldMicros).toBe(7n);
  });
});

test('amounts beyond 2^53 are held and captured to the micro-unit', async () => {
  const client = await openNew(own.store, 10n);
  await changeBalance(own.store, { event: topUp(client, 2n ** 53n) });
  const all = 2n ** 53n + 10n;
  expect(await place(client, all + 1n, 'h')).toEqual({ type: 'insufficient_balance' });
  expect(await place(client, all, 'i')).toMatchObject({
    type: 'done',
    values: [`${all}`, expect.any(String)],
  });
  expect(await take(client, 'i', all - 1n, { isFinal: true })).toMatchObject({
    type: 'done',
    balanceMicros: 1n,
    values: ['0', `${all - 1n}`, '0'],
  });
});
