import { expect, test } from '@jest/globals';
import { ConservationProof } from '#shared/contracts/proof.ts';
import type { Difference } from '#shared/domain/conservation.ts';
import { foldUsage, type UsageSum } from '#shared/domain/usage.ts';
import type { Proven } from './audit-conservation.ts';
import { presentProof } from './present-proof.ts';

const AT_MS = Date.parse('2026-11-16T12:00:00Z');
const key = {
  client: 'acme',
  day: '2026-11-03',
  meter: 'sms',
  currency: 'EUR',
  source: 'prepaid',
} as const;
const sum: UsageSum = { ...key, events: 2, quantityMicros: 2_000_000n, amountMicros: 100_000n };

function reportOf(found: Partial<Proven>): Proven {
  const sums = foldUsage([sum, { ...sum, day: '2026-11-04', events: 3 }]);
  const stage = (name: string) => ({ name, sums });
  const names = ['ledger', 'deltas', 'daily records', 'packages'];
  return {
    stages: {
      ledger: stage('ledger'),
      deltas: stage('deltas'),
      daily: stage('daily records'),
      packages: stage('packages'),
    },
    totals: Object.fromEntries(names.map((name) => [name, { EUR: '0.20' }])),
    ...{ differences: [], balances: [], entries: [], trees: [], packages: [], accounts: 7 },
    isSeenOnce: false,
    ...found,
  };
}

test('a proof shows the stages in their order, with what each adds up to', () => {
  const proof = presentProof(reportOf({}), AT_MS);
  expect(ConservationProof.parse(proof)).toEqual(proof);
  expect(proof).toEqual({
    provenAt: '2026-11-16T12:00:00.000Z',
    isConserved: true,
    stages: ['ledger', 'deltas', 'daily records', 'packages'].map((name) => ({
      name,
      events: 5,
      amounts: { EUR: '0.20' },
    })),
    ...{ accounts: 7, differences: 0, balances: 0, entries: 0, trees: 0, packages: 0, first: [] },
  });
});

const totals = { events: 2, quantityMicros: 2_000_000n, amountMicros: 100_000n };
const difference: Difference = {
  key,
  left: { stage: 'deltas', ...totals },
  right: { stage: 'daily records', events: 1, quantityMicros: 1_500_000n, amountMicros: 50_000n },
};
const account = { changes: 8, balanceMicros: 8_950_000n, heldMicros: 20_000n };

test.each<[string, Partial<Proven>, string]>([
  [
    'a sum',
    { differences: [difference] },
    'acme, sms on 2026-11-03 (prepaid): 0.10 EUR for 2 in 2 events in the deltas, but 0.05 EUR for 1.5 in 1 events in the daily records.',
  ],
  [
    'a balance',
    {
      balances: [
        { client: 'acme', of: 'balance', journalMicros: 8_950_000n, foundMicros: 8_960_000n },
      ],
    },
    'acme: the ledger adds up to a balance of 8.95, but it is 8.96.',
  ],
  [
    'a held amount',
    { balances: [{ client: 'acme', of: 'held', journalMicros: 20_000n, foundMicros: 0n }] },
    'acme: the ledger adds up to a held amount of 0.02, but it is 0.00.',
  ],
  [
    'an account that is gone',
    {
      balances: [
        { client: 'acme', of: 'balance', journalMicros: 8_950_000n, foundMicros: undefined },
      ],
    },
    'acme: the ledger adds up to a balance of 8.95, but there is no account.',
  ],
  [
    'a package',
    {
      packages: [
        {
          ...{ client: 'acme', invoice: '2026-11-H1.1.acme', problem: 'left_and_not_open' },
          detail: 'is neither',
        },
      ],
    },
    'Invoice 2026-11-H1.1.acme should be open to be taken over, or be taken over: is neither.',
  ],
  [
    'a statement',
    { entries: [{ client: 'acme', ledger: account, entries: { ...account, changes: 7 } }] },
    'acme: the ledger has 8 changes that come to 8.95 and 0.02 held, but the statement has 7 changes that come to 8.95 and 0.02 held.',
  ],
])('%s that differs is said in words', (_, found, words) => {
  expect(presentProof(reportOf(found), AT_MS)).toMatchObject({
    isConserved: false,
    first: [words],
  });
});

test('of many differences all are counted and twenty told', () => {
  const proof = presentProof(
    reportOf({
      differences: Array.from({ length: 15 }, () => difference),
      balances: Array.from({ length: 15 }, (_, index) => ({
        client: `c-${index}`,
        of: 'balance' as const,
        ...{ journalMicros: 1n, foundMicros: 2n },
      })),
    }),
    AT_MS,
  );
  expect(proof).toMatchObject({ differences: 15, balances: 15 });
  expect(proof.first).toHaveLength(20);
});

test('folds and trees that are not what the deltas imply are told', () => {
  const head = { size: 2, root: 'ab' };
  const at = { day: '2026-11-03', shard: 's003' };
  const proof = presentProof(
    reportOf({
      trees: [
        { ...at, problem: 'fold_missing', of: '1' },
        { ...at, problem: 'batch_in_two_folds', of: '01K' },
        { ...at, problem: 'batch_in_no_fold', of: '01K' },
        { ...at, problem: 'batch_without_delta', of: '01K' },
        { problem: 'tree_differs', key, recorded: head, implied: undefined },
      ],
    }),
    AT_MS,
  );
  expect(proof).toMatchObject({ isConserved: false, trees: 5 });
  expect(proof.first).toEqual([
    '2026-11-03, shard s003: fold 1 is missing.',
    '2026-11-03, shard s003: batch 01K is in two folds.',
    '2026-11-03, shard s003: batch 01K is in no fold.',
    '2026-11-03, shard s003: batch 01K has no delta.',
    'acme, sms on 2026-11-03 (prepaid): the daily record has 2 events with the root ab, but its deltas no tree.',
  ]);
});
