import { describe, expect, test } from '@jest/globals';
import { usageOf } from '#shared/domain/usage.ts';
import { readAccount } from './account-store.ts';
import { changeBalance, reverse } from './balance-store.ts';
import { captureHold, placeHold } from './hold-store.ts';
import { useOwnStore } from './testing/own-store.ts';
import { capture, charge, HOUR_MS, hold, openNew, reversal } from './testing/store.ts';

const own = useOwnStore();

async function openAndCharge(amountMicros: bigint, balanceMicros = 100n) {
  const client = await openNew(own.store, balanceMicros);
  const charged = charge(client, amountMicros);
  await changeBalance(own.store, { event: charged });
  return { client, charged };
}

test('of all gives back all, once', async () => {
  const { client, charged } = await openAndCharge(30n);
  const request = reversal(charged);
  const first = await reverse(own.store, request);
  expect(first).toMatchObject({ type: 'done', balanceMicros: 100n, values: ['30', '30'] });
  const again = await own.changesNothing(() => reverse(own.store, request));
  expect(again).toEqual({ ...first, type: 'repeated' });
  const another = await own.changesNothing(() => reverse(own.store, reversal(charged)));
  expect(another).toEqual({ type: 'over_reversed' });
  expect((await own.eventsOf(client)).at(-1)).toMatchObject({
    kind: 'reversal',
    reversedKind: 'charge',
    reversedId: charged.id,
    amountMicros: 30n,
    reversedMicros: 30n,
    quantityMicros: 1_000_000n,
    balanceMicros: 100n,
  });
});

test('in parts gives back together what was charged and never more, of amount and quantity', async () => {
  const { client, charged } = await openAndCharge(30n);
  const part = (amountMicros?: bigint) => reverse(own.store, reversal(charged, amountMicros));
  expect(await part(7n)).toMatchObject({ type: 'done', balanceMicros: 77n, values: ['7', '7'] });
  expect(await own.changesNothing(() => part(24n))).toEqual({ type: 'over_reversed' });
  expect(await part(22n)).toMatchObject({ type: 'done', balanceMicros: 99n, values: ['22', '29'] });
  expect(await part()).toMatchObject({ type: 'done', balanceMicros: 100n, values: ['1', '30'] });
  expect(await own.changesNothing(() => part(1n))).toEqual({ type: 'over_reversed' });
  const sums = [...usageOf(await own.eventsOf(client))];
  expect(sums.reduce((sum, { amountMicros }) => sum + amountMicros, 0n)).toBe(0n);
  expect(sums.reduce((sum, { quantityMicros }) => sum + quantityMicros, 0n)).toBe(0n);
});

test('64 at once give back what was charged and not more', async () => {
  const { client, charged } = await openAndCharge(30n);
  const outcomes = await Promise.all(
    Array.from({ length: 64 }, () => reverse(own.store, reversal(charged, 4n))),
  );
  expect(outcomes.filter(({ type }) => type === 'done')).toHaveLength(7);
  expect((await readAccount(own.store, client))?.balanceMicros).toBe(98n);
});

test('with another body is told apart', async () => {
  const { charged } = await openAndCharge(30n);
  await reverse(own.store, reversal(charged, 4n, 'r'));
  const other = await own.changesNothing(() => reverse(own.store, reversal(charged, 5n, 'r')));
  expect(other).toMatchObject({ type: 'reused' });
});

test('of a capture, and of a charge of the same id, are two', async () => {
  const { client, charged } = await openAndCharge(30n);
  await placeHold(own.store, hold(client, 20n, 'h'), HOUR_MS);
  const captured = capture(client, 'h', 20n, charged.id);
  await captureHold(own.store, captured, { isUpTo: false, isFinal: true });
  expect(await reverse(own.store, reversal(captured))).toMatchObject({ values: ['20', '20'] });
  expect(await reverse(own.store, reversal(charged))).toMatchObject({ values: ['30', '30'] });
  expect((await readAccount(own.store, client))?.balanceMicros).toBe(100n);
});

describe('refused', () => {
  test.each([
    ['of nothing that was charged', 0n, undefined],
    ['of more than was charged', 30n, 31n],
  ])('%s: over_reversed', async (_name, charged, part) => {
    const { charged: event } = await openAndCharge(charged);
    const outcome = await own.changesNothing(() => reverse(own.store, reversal(event, part)));
    expect(outcome).toEqual({ type: 'over_reversed' });
  });

  test('in another currency', async () => {
    const { charged } = await openAndCharge(30n);
    const { event, ...rest } = reversal(charged);
    const outcome = await own.changesNothing(() =>
      reverse(own.store, { event: { ...event, currency: 'EUR' }, ...rest }),
    );
    expect(outcome).toEqual({ type: 'currency_mismatch' });
  });

  test('where the balance would be too large, and exact beyond 2^53 else', async () => {
    const most = 2n ** 63n - 1n;
    const { client, charged } = await openAndCharge(2n ** 60n + 1n, most);
    await changeBalance(own.store, { event: charge(client, 5n) });
    expect(await reverse(own.store, reversal(charged, 2n ** 60n))).toMatchObject({
      type: 'done',
      balanceMicros: most - 6n,
      values: [`${2n ** 60n}`, `${2n ** 60n}`],
    });
    expect(await reverse(own.store, reversal(charged))).toMatchObject({
      type: 'done',
      balanceMicros: most - 5n,
      values: ['1', `${2n ** 60n + 1n}`],
    });
    const never = charge(client, 6n, 'never');
    const outcome = await own.changesNothing(() => reverse(own.store, reversal(never)));
    expect(outcome).toEqual({ type: 'balance_out_of_range' });
  });
});
