import { describe, expect, test } from '@jest/globals';
import { ChargeBody } from '#shared/contracts/charges.ts';
import { type PlanOptions, planLoad } from './plan.ts';

function planOf(options: Partial<PlanOptions> = {}) {
  let made = 0;
  const newId = () => {
    made += 1;
    return `id-${made}`;
  };
  return planLoad({ seed: 1, charges: 2_000, accounts: 20, runId: 'run', newId, ...options });
}

describe('the plan of a load', () => {
  test('is the same for the same seed, and another for another', () => {
    expect(planOf()).toEqual(planOf());
    expect(planOf({ seed: 2 }).requests).not.toEqual(planOf().requests);
  });

  test('keeps its amounts and order under other names', () => {
    const amounts = ({ requests }: ReturnType<typeof planOf>) =>
      requests.map(({ amountMicros }) => amountMicros);
    expect(amounts(planOf({ runId: 'other' }))).toEqual(amounts(planOf()));
  });

  test('has every charge once or twice, with an id of its own', () => {
    const { charges, requests } = planOf();
    expect(new Set(charges.map(({ id }) => id)).size).toBe(2_000);
    const times = Map.groupBy(requests, ({ id }) => id);
    expect(times.size).toBe(2_000);
    expect([...times.values()].every(({ length }) => length <= 2)).toBe(true);
    const repeated = requests.length - charges.length;
    expect(repeated).toBeGreaterThan(150);
    expect(repeated).toBeLessThan(250);
  });

  test('repeats some charges at once and some later, never before the first time', () => {
    const { requests } = planOf();
    const gaps = requests.flatMap(({ id }, index) => {
      const again = requests.findIndex((request, other) => other > index && request.id === id);
      return again < 0 ? [] : [again - index];
    });
    expect(gaps.filter((gap) => gap === 1).length).toBeGreaterThan(60);
    expect(gaps.filter((gap) => gap > 32).length).toBeGreaterThan(60);
  });

  test('has bodies that the API takes', () => {
    for (const { body, amountMicros, client, id } of planOf().requests) {
      expect(ChargeBody.parse(JSON.parse(body))).toMatchObject({
        id,
        client,
        amount: amountMicros,
      });
    }
  });

  test('has accounts that can pay all, and some that cannot', () => {
    const { accounts, charges } = planOf();
    const needed = (of: string) =>
      charges
        .filter(({ client }) => client === of)
        .reduce((sum, { amountMicros }) => sum + amountMicros, 0n);
    const poor = accounts.filter(({ client, openingMicros }) => openingMicros < needed(client));
    expect(poor).toHaveLength(4);
    expect(accounts.every(({ openingMicros }) => openingMicros > 0n)).toBe(true);
  });

  test('serves more accounts than charges', () => {
    const { accounts } = planOf({ charges: 3, accounts: 1_200 });
    expect(new Set(accounts.map(({ client }) => client)).size).toBe(1_200);
  });
});
