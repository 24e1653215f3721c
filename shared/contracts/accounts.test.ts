import { expect, test } from '@jest/globals';
import {
  Account,
  AdjustmentBody,
  BalanceChange,
  OpenAccountBody,
  TermsBody,
  TopUpBody,
} from './accounts.ts';

test('bodies are read into micro-units', () => {
  const opening = { client: 'acme', currency: 'USD' };
  expect(OpenAccountBody.parse(opening)).toEqual(opening);
  expect(OpenAccountBody.parse({ ...opening, openingBalance: '25' }).openingBalance).toBe(
    25_000_000n,
  );
  expect(TopUpBody.parse({ id: 'a', amount: '1', currency: 'USD' }).amount).toBe(1_000_000n);
  expect(AdjustmentBody.parse({ amount: '-1', currency: 'USD' }).amount).toBe(-1_000_000n);
  expect(TermsBody.parse({ creditLimit: '5' })).toEqual({ creditLimit: 5_000_000n });
  expect(TermsBody.parse({ status: 'frozen' })).toEqual({ status: 'frozen' });
});

test.each([
  [
    'an opening below zero',
    OpenAccountBody,
    { client: 'a', currency: 'USD', openingBalance: '-1' },
  ],
  ['an opening without a currency', OpenAccountBody, { client: 'a' }],
  ['an opening with more', OpenAccountBody, { client: 'a', currency: 'USD', limit: '1' }],
  ['a top-up of nothing', TopUpBody, { amount: '0', currency: 'USD' }],
  ['a top-up below zero', TopUpBody, { amount: '-1', currency: 'USD' }],
  ['a top-up with more', TopUpBody, { amount: '1', currency: 'USD', client: 'a' }],
  ['terms of nothing', TermsBody, {}],
  ['terms with an unknown status', TermsBody, { status: 'paused' }],
  ['terms with a credit limit below zero', TermsBody, { creditLimit: '-1' }],
  ['terms with more', TermsBody, { status: 'open', currency: 'USD' }],
  ['an adjustment over the bound', AdjustmentBody, { amount: '-1000000001', currency: 'USD' }],
])('%s is refused', (_name, schema, body) => expect(schema.safeParse(body).success).toBe(false));

test('answers have exactly these fields', () => {
  const account = {
    client: 'a',
    currency: 'USD',
    balance: '1.00',
    held: '0.25',
    available: '0.75',
    creditLimit: '0.00',
    status: 'open',
  };
  expect(Account.parse(account)).toEqual(account);
  expect(Account.safeParse({ ...account, opening: '1' }).success).toBe(false);
  const change = { id: 'x', client: 'a', amount: '1.00', currency: 'USD', balance: '2.00' };
  expect(BalanceChange.safeParse(change).success).toBe(false);
  const recorded = { ...change, recordedAt: '2026-11-21T12:00:00.000Z' };
  expect(BalanceChange.parse(recorded)).toEqual(recorded);
});
