import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatAmount } from '#shared/domain/money.ts';
import { checkLoad, type FinalBalance } from './check.ts';
import { type LoadPlan, type PlannedCharge, planLoad } from './plan.ts';
import type { Exchange } from './send.ts';

/** A charging system of a few lines, whose rules can be broken. */
interface Engine {
  readonly balances: Map<string, bigint>;
  readonly charge: (charge: PlannedCharge) => { status: number; body: string };
}

type Decide = (balance: bigint, charge: PlannedCharge, isRepeated: boolean) => bigint | undefined;

/** `decide` gives the balance after a charge, or undefined for a refusal. */
function engine({ accounts }: LoadPlan, decide: Decide, remembers = true): Engine {
  const balances = new Map(accounts.map(({ client, openingMicros }) => [client, openingMicros]));
  const receipts = new Map<string, string>();
  return {
    balances,
    charge(charge) {
      const { id, client } = charge;
      const known = receipts.get(id);
      if (known && remembers) return { status: 200, body: known };
      const after = decide(balances.get(client) ?? 0n, charge, known !== undefined);
      const body = JSON.stringify(
        after === undefined
          ? { id, client, isAuthorized: false, reason: 'insufficient_balance' }
          : { id, client, isAuthorized: true, balance: formatAmount(after) },
      );
      if (after !== undefined) {
        balances.set(client, after);
        receipts.set(id, body);
      }
      return { status: 200, body };
    },
  };
}

const exact: Decide = (balance, { amountMicros }) =>
  balance >= amountMicros ? balance - amountMicros : undefined;

function planOf(seed = 1, charges = 400, accounts = 10): LoadPlan {
  let made = 0;
  const newId = () => {
    made += 1;
    return `id-${made}`;
  };
  return planLoad({ seed, charges, accounts, runId: 'run', newId });
}

/** One charge, and an account that can pay it. */
function planOfOne(): LoadPlan {
  const plan = planOf(1, 1, 1);
  return { ...plan, accounts: [{ client: 'load-run-001', openingMicros: 2_000_000n }] };
}

/** Requests one after another; sent 5 ms before they are decided and answered 5 ms after, so that they overlap. */
function run(plan: LoadPlan, { charge }: Engine): Exchange[] {
  return plan.requests.map((request, index) => ({
    charge: request,
    sentAtMs: index - 5,
    answer: { atMs: index + 5, ...charge(request) },
  }));
}

function finalBalances({ balances }: Engine): ReadonlyMap<string, FinalBalance> {
  const entries = [...balances].map(([client, micros]) => {
    const text = formatAmount(micros);
    return [client, { balance: text, available: text }] as const;
  });
  return new Map(entries);
}

function outcomeOf(decide: Decide, remembers = true, plan = planOf()) {
  const system = engine(plan, decide, remembers);
  const exchanges = run(plan, system);
  return checkLoad(plan, exchanges, finalBalances(system));
}

const namesOfWrong = ({ checks }: ReturnType<typeof checkLoad>) =>
  checks.filter(({ wrong }) => wrong > 0).map(({ name }) => name);

describe('the check of a load', () => {
  test('finds an exact system exact, whatever the traffic', () => {
    const traffic = fc.tuple(
      fc.nat(),
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 1, max: 20 }),
    );
    fc.assert(
      fc.property(traffic, ([seed, charges, accounts]) => {
        const outcome = outcomeOf(exact, true, planOf(seed, charges, accounts));
        expect(outcome.isExact).toBe(true);
        expect(outcome.authorized + outcome.refused).toBe(charges);
      }),
    );
  });

  test('counts what was authorized, refused and looked at', () => {
    const plan = planOf();
    const outcome = outcomeOf(exact);
    expect(outcome.refused).toBeGreaterThan(10);
    expect(outcome).toMatchObject({ authorized: 400 - outcome.refused, unknown: 0 });
    expect(outcome.checks.map(({ checked }) => checked).slice(0, 4)).toEqual([
      400,
      plan.requests.length - 400,
      10,
      outcome.authorized,
    ]);
  });

  test.each<[string, Decide, boolean, string[]]>([
    [
      'charges a repeated id twice',
      exact,
      false,
      [
        'repeated ids have one answer, byte for byte',
        'final balances are right to the micro-unit',
        'balances in the answers follow one another',
      ],
    ],
    [
      'takes a micro-unit too much now and then',
      (balance, charge) => {
        const after = exact(balance, charge, false);
        return after !== undefined && charge.id.endsWith('7') ? after - 1n : after;
      },
      true,
      ['final balances are right to the micro-unit', 'balances in the answers follow one another'],
    ],
    [
      'refuses what would leave less than half a unit',
      (balance, { amountMicros }) =>
        balance >= amountMicros + 500_000n ? balance - amountMicros : undefined,
      true,
      ['refusals are true'],
    ],
  ])('notices a system that %s', (_, decide, remembers, wrong) => {
    const outcome = outcomeOf(decide, remembers);
    expect(outcome.isExact).toBe(false);
    expect(namesOfWrong(outcome)).toEqual(expect.arrayContaining(wrong));
    expect(outcome.checks.find(({ first }) => first)?.first).toMatch(/id-\d+|load-run-\d+/);
  });

  test('notices an update lost between two answers, though each balance is one that was', () => {
    const plan = planOf();
    const system = engine(plan, exact);
    const exchanges = run(plan, system);
    const client = exchanges[0]?.charge.client ?? '';
    const lost =
      exchanges.find(({ charge }) => charge.client === client)?.charge.amountMicros ?? 0n;
    system.balances.set(client, (system.balances.get(client) ?? 0n) + lost);
    const outcome = checkLoad(plan, exchanges, finalBalances(system));
    expect(namesOfWrong(outcome)).toEqual(['final balances are right to the micro-unit']);
  });

  test('notices what is set aside without a hold', () => {
    const plan = planOf();
    const system = engine(plan, exact);
    const exchanges = run(plan, system);
    const balances = new Map(finalBalances(system));
    balances.set('load-run-001', {
      ...(balances.get('load-run-001') as FinalBalance),
      available: '0.00',
    });
    expect(namesOfWrong(checkLoad(plan, exchanges, balances))).toEqual([
      'final balances are right to the micro-unit',
    ]);
  });

  test.each([
    ['was refused as currency_mismatch', 'currency_mismatch', 'refusals are true'],
    ['was refused, while', 'insufficient_balance', 'refusals are true'],
  ])('notices a charge that %s', (words, reason, name) => {
    const plan = planOfOne();
    const charge = plan.charges[0] as PlannedCharge;
    const body = JSON.stringify({ id: charge.id, isAuthorized: false, reason });
    const exchanges = [{ charge, sentAtMs: 0, answer: { atMs: 1, status: 200, body } }];
    const outcome = checkLoad(plan, exchanges, finalBalances(engine(plan, exact)));
    expect(outcome.checks.find((check) => check.name === name)?.first).toContain(words);
  });

  test('takes a refusal for true while a charge that was sent before its answer may have come first', () => {
    const [one, two] = ['one', 'two'].map((id) => ({
      id,
      client: 'c',
      amountMicros: 6n,
      body: '',
    })) as [PlannedCharge, PlannedCharge];
    const plan = {
      accounts: [{ client: 'c', openingMicros: 10n }],
      charges: [one, two],
      requests: [one, two],
    };
    const yes = JSON.stringify({ isAuthorized: true, balance: '0.000004' });
    const no = JSON.stringify({ isAuthorized: false, reason: 'insufficient_balance' });
    const balances = new Map([['c', { balance: '0.000004', available: '0.000004' }]]);
    const refusedAt = (atMs: number) =>
      checkLoad(
        plan,
        [
          { charge: one, sentAtMs: 0, answer: { atMs, status: 200, body: no } },
          { charge: two, sentAtMs: 10, answer: { atMs: 20, status: 200, body: yes } },
        ],
        balances,
      );
    expect(refusedAt(15).isExact).toBe(true);
    expect(namesOfWrong(refusedAt(5))).toEqual(['refusals are true']);
  });

  test('goes by the first sending of a charge that had to be sent again', () => {
    const plan = planOfOne();
    const system = engine(plan, exact);
    const charge = plan.charges[0] as PlannedCharge;
    const exchanges: Exchange[] = [
      { charge, sentAtMs: 0 },
      { charge, sentAtMs: 10, answer: { atMs: 11, status: 503, body: 'busy' } },
      { charge, sentAtMs: 20, answer: { atMs: 21, ...system.charge(charge) } },
    ];
    expect(checkLoad(plan, exchanges, finalBalances(system))).toMatchObject({
      isExact: true,
      authorized: 1,
    });
  });

  test.each([
    ['was answered 503: busy', { status: 503, body: 'busy' }],
    ['was answered 200: OK', { status: 200, body: 'OK' }],
    ['was answered 200: null', { status: 200, body: 'null' }],
    ['was answered 200: {}', { status: 200, body: '{}' }],
    ['has no answer', undefined],
  ])('notices a charge that %s', (words, answer) => {
    const plan = planOfOne();
    const charge = plan.charges[0] as PlannedCharge;
    const exchange = { charge, sentAtMs: 0, ...(answer && { answer: { atMs: 1, ...answer } }) };
    const outcome = checkLoad(plan, [exchange], finalBalances(engine(plan, exact)));
    expect(outcome).toMatchObject({ isExact: false, unknown: 1 });
    expect(outcome.checks[0]?.first).toContain(words);
  });

  test('notices a charge that was never sent, and an account that is gone', () => {
    const plan = planOfOne();
    const outcome = checkLoad(plan, [], new Map());
    expect(outcome.checks[0]?.first).toContain('was not sent');
    expect(namesOfWrong(outcome)).toContain('final balances are right to the micro-unit');
  });
});
