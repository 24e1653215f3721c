import { expect, test } from '@jest/globals';
import type { ChargeEngine } from '../rivals/charge-engine.ts';
import { inBatches, oneByOne, prepare } from './contender.ts';

/** Reads, lets others run, writes: wrong, unless `isExact` skips the pause. */
function inMemory(isExact: boolean): ChargeEngine {
  const balances = new Map<string, bigint>();
  const balanceOf = (account: string) => balances.get(account) ?? 0n;
  return {
    open: async (account, balanceMicros) => void balances.set(account, balanceMicros),
    balance: async (account) => balanceOf(account),
    async charge(account, _id, amountMicros) {
      const before = balanceOf(account);
      if (!isExact) await new Promise((resolve) => setImmediate(resolve));
      balances.set(account, before - amountMicros);
      if (isExact) await new Promise((resolve) => setImmediate(resolve));
      return { isAuthorized: true };
    },
  };
}

const ids = () => 'id';
const hot = ['hot'];

test('an exact engine loses nothing, in any of several measurements', async () => {
  const measure = await prepare(oneByOne('exact', inMemory(true), ids), ['a', 'b', 'c']);
  for (const callers of [1, 16, 16]) {
    const { perSecond, lost } = await measure(callers, 5, Math.random);
    expect(lost).toBe(0);
    expect(perSecond).toBeGreaterThan(0);
  }
});

test('what a wrong engine loses is counted', async () => {
  const measure = await prepare(oneByOne('wrong', inMemory(false), ids), hot);
  expect(await measure(1, 5, Math.random)).toMatchObject({ lost: 0 });
  // All sixteen read the same balance: of their first charges alone, fifteen are lost.
  expect((await measure(16, 0, Math.random)).lost).toBe(15);
});

test('a batch counts what it authorized', async () => {
  const engine = inMemory(true);
  const chargeMany = (charges: readonly { account: string; id: string; amountMicros: bigint }[]) =>
    Promise.all(
      charges.map(({ account, id, amountMicros }) => engine.charge(account, id, amountMicros)),
    );
  const measure = await prepare(inBatches('batch', { ...engine, chargeMany }, 100, ids), hot);
  expect(await measure(2, 0, Math.random)).toMatchObject({ lost: 0 });
});

test('a refusal is no charge', async () => {
  const refusing = { ...inMemory(true), charge: async () => ({ isAuthorized: false }) };
  const measure = await prepare(oneByOne('refusing', refusing, ids), hot);
  expect(await measure(1, 0, Math.random)).toMatchObject({ perSecond: 0, lost: 0 });
});
