import { describe, expect, test } from '@jest/globals';
import type { AccountStatus } from '#shared/domain/ledger-event.ts';
import { changeTerms, readAccount, type Terms } from './account-store.ts';
import { changeBalance, reverse } from './balance-store.ts';
import { captureHold, expireHolds, extendHold, placeHold, releaseHold } from './hold-store.ts';
import { useOwnStore } from './testing/own-store.ts';
import {
  capture,
  charge,
  extension,
  HOUR_MS,
  hold,
  newClient,
  openNew,
  release,
  reversal,
  terms,
  topUp,
  waitPast,
} from './testing/store.ts';

const own = useOwnStore({ shards: 1 });

const set = (client: string, changes: Terms) => changeTerms(own.store, terms(client), changes);
const send = (client: string, amountMicros: bigint) =>
  changeBalance(own.store, { event: charge(client, amountMicros) });

test('a change of terms is one event with the terms from now on', async () => {
  const client = await openNew(own.store, 100n);
  expect(await set(client, { creditLimitMicros: 50n })).toBe('done');
  expect(await set(client, { status: 'frozen' })).toBe('done');
  expect(await set(client, { status: 'open', creditLimitMicros: 60n })).toBe('done');
  const base = { kind: 'terms', currency: 'USD', amountMicros: 0n, balanceMicros: 100n };
  expect((await own.eventsOf(client)).slice(1)).toMatchObject([
    { ...base, status: 'open', creditLimitMicros: 50n },
    { ...base, status: 'frozen', creditLimitMicros: 50n },
    { ...base, status: 'open', creditLimitMicros: 60n },
  ]);
  expect(await readAccount(own.store, client)).toMatchObject({
    status: 'open',
    creditLimitMicros: 60n,
  });
});

test.each<[string, Terms]>([
  ['the status', { status: 'open' }],
  ['the limit', { creditLimitMicros: 0n }],
  ['both', { status: 'open', creditLimitMicros: 0n }],
  ['nothing', {}],
])('%s as it was changes nothing', async (_name, changes) => {
  const client = await openNew(own.store, 100n);
  expect(await own.changesNothing(() => set(client, changes))).toBe('same');
});

test('of an account that nobody has opened: unknown', async () => {
  await openNew(own.store, 1n);
  expect(await own.changesNothing(() => set(newClient(), { status: 'closed' }))).toBe(
    'unknown_account',
  );
});

describe('the status', () => {
  /** Whatever can change an account, on one that has a hold `h`, a hold `i` and a charge to give back. */
  async function attempts(client: string, charged: ReturnType<typeof charge>) {
    const outcomes = {
      charge: await send(client, 1n),
      upTo: await changeBalance(own.store, { event: charge(client, 1n), isUpTo: true }),
      hold: await placeHold(own.store, hold(client, 1n), HOUR_MS),
      extension: await extendHold(own.store, extension(client, 'h'), HOUR_MS),
      topUp: await changeBalance(own.store, { event: topUp(client, 1n) }),
      adjustment: await changeBalance(own.store, {
        event: { ...topUp(client, -1n), kind: 'adjustment' },
      }),
      capture: await captureHold(own.store, capture(client, 'h', 1n), {
        isUpTo: false,
        isFinal: true,
      }),
      release: await releaseHold(own.store, release(client, 'i')),
      reversal: await reverse(own.store, reversal(charged)),
    };
    return Object.fromEntries(Object.entries(outcomes).map(([name, { type }]) => [name, type]));
  }

  async function openWithHolds() {
    const client = await openNew(own.store, 100n);
    const charged = charge(client, 5n);
    await changeBalance(own.store, { event: charged });
    for (const id of ['h', 'i']) await placeHold(own.store, hold(client, 10n, id), HOUR_MS);
    return { client, charged };
  }

  test('frozen: nothing new is charged or held; what was begun can be ended, and money comes in', async () => {
    const { client, charged } = await openWithHolds();
    await set(client, { status: 'frozen' });
    const frozen = 'account_frozen';
    expect(await attempts(client, charged)).toEqual({
      ...{ charge: frozen, upTo: frozen, hold: frozen, extension: frozen },
      ...{ topUp: 'done', adjustment: 'done', capture: 'done', release: 'done', reversal: 'done' },
    });
  });

  test('closed: nothing changes; opened again, all is as before', async () => {
    const client = await openNew(own.store, 100n);
    const charged = charge(client, 5n);
    const first = await changeBalance(own.store, { event: charged });
    await set(client, { status: 'closed' });
    const types = await own.changesNothing(() => attempts(client, charged));
    expect(new Set(Object.values(types))).toEqual(new Set(['account_closed']));
    // What was answered before is answered still.
    const again = await own.changesNothing(() => changeBalance(own.store, { event: charged }));
    expect(again).toEqual({ ...first, type: 'repeated' });
    expect(await set(client, { status: 'open' })).toBe('done');
    expect(await send(client, 1n)).toMatchObject({ type: 'done', balanceMicros: 94n });
  });

  test('cannot be closed while it has holds, and can once they have expired', async () => {
    const client = await openNew(own.store, 100n);
    await placeHold(own.store, hold(client, 10n, 'h'), HOUR_MS);
    const close = () => set(client, { status: 'closed' });
    expect(await own.changesNothing(close)).toBe('account_has_holds');
    await releaseHold(own.store, release(client, 'h'));
    const placed = await placeHold(own.store, hold(client, 10n, 'i'), 1);
    await waitPast(own.redis, 'values' in placed ? Number(placed.values[1]) : Number.NaN);
    expect(await close()).toBe('done');
    const kinds = (await own.eventsOf(client)).map(({ kind }) => kind);
    expect(kinds).toEqual(['opening', 'hold', 'release', 'hold', 'expiry', 'terms']);
  });

  test('holds of a frozen account expire as ever', async () => {
    const client = await openNew(own.store, 100n);
    const placed = await placeHold(own.store, hold(client, 10n, 'h'), 1);
    await set(client, { status: 'frozen' });
    await waitPast(own.redis, 'values' in placed ? Number(placed.values[1]) : Number.NaN);
    await expireHolds(own.store, 0);
    expect(await readAccount(own.store, client)).toMatchObject({
      heldMicros: 0n,
      status: 'frozen',
    });
  });

  const STATUSES: AccountStatus[] = ['open', 'frozen', 'closed'];
  test.each(STATUSES.flatMap((from) => STATUSES.map((to) => [from, to] as const)))(
    'may change from %s to %s',
    async (from, to) => {
      const client = await openNew(own.store, 1n);
      await set(client, { status: from });
      expect(await set(client, { status: to })).toBe(from === to ? 'same' : 'done');
      expect((await readAccount(own.store, client))?.status).toBe(to);
    },
  );
});

describe('a credit limit', () => {
  test.each([30n, 2n ** 53n + 1n, 10n ** 18n])(
    'of %d: the balance goes down to it, not a micro-unit further',
    async (limit) => {
      const client = await openNew(own.store, 5n);
      await set(client, { creditLimitMicros: limit });
      expect(await send(client, limit + 6n)).toEqual({ type: 'insufficient_balance' });
      expect(await send(client, limit + 5n)).toMatchObject({ type: 'done', balanceMicros: -limit });
      expect(await send(client, 1n)).toEqual({ type: 'insufficient_balance' });
      expect(await send(client, 0n)).toMatchObject({ type: 'done', balanceMicros: -limit });
    },
  );

  test('counts for holds, for charges up to an amount and for adjustments', async () => {
    const client = await openNew(own.store, 5n);
    await set(client, { creditLimitMicros: 30n });
    expect(await placeHold(own.store, hold(client, 36n), HOUR_MS)).toEqual({
      type: 'insufficient_balance',
    });
    expect(await placeHold(own.store, hold(client, 15n), HOUR_MS)).toMatchObject({ type: 'done' });
    const adjustment = { ...topUp(client, -21n), kind: 'adjustment' as const };
    expect(await changeBalance(own.store, { event: adjustment })).toEqual({
      type: 'insufficient_balance',
    });
    const upTo = await changeBalance(own.store, { event: charge(client, 99n), isUpTo: true });
    expect(upTo).toMatchObject({ type: 'done', balanceMicros: -15n, values: ['20'] });
    const none = await changeBalance(own.store, { event: charge(client, 99n), isUpTo: true });
    expect(none).toEqual({ type: 'insufficient_balance' });
  });

  test('cannot be set below what is used or held already', async () => {
    const client = await openNew(own.store, 5n);
    await set(client, { creditLimitMicros: 30n });
    await send(client, 15n);
    await placeHold(own.store, hold(client, 10n), HOUR_MS);
    const lower = (creditLimitMicros: bigint) => set(client, { creditLimitMicros });
    expect(await own.changesNothing(() => lower(19n))).toBe('balance_out_of_range');
    expect(await lower(20n)).toBe('done');
    expect(await send(client, 1n)).toEqual({ type: 'insufficient_balance' });
  });

  test('stays where only the status changes, and the other way round', async () => {
    const client = await openNew(own.store, 5n);
    await set(client, { creditLimitMicros: 30n });
    await set(client, { status: 'frozen' });
    await set(client, { creditLimitMicros: 31n });
    expect(await readAccount(own.store, client)).toMatchObject({
      status: 'frozen',
      creditLimitMicros: 31n,
    });
  });
});
