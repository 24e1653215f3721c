import { Metrics } from '@aws-lambda-powertools/metrics';
import { beforeEach, expect, jest, test } from '@jest/globals';
import type { ConservationProof } from '#shared/contracts/proof.ts';
import type { AccountDifference } from '#shared/domain/account-totals.ts';
import type { Difference } from '#shared/domain/conservation.ts';
import type { PackageFinding } from '#shared/domain/package-invariants.ts';
import type { TreeDifference } from '#shared/domain/tree-differences.ts';
import { log } from '#shared/platform/log.ts';
import type { AuditReport, BalanceDifference } from './audit-conservation.ts';

let leftMs = 0;
let lookMs = 0;
const waitsMs: number[] = [];
const pointsMs: number[] = [];
const reports: AuditReport[] = [];
const proofs: ConservationProof[] = [];
const notes: string[] = [];
jest.unstable_mockModule('node:timers/promises', () => ({
  setTimeout: async (waitMs: number) => {
    waitsMs.push(waitMs);
    leftMs -= waitMs;
  },
}));
jest.unstable_mockModule('./wiring.ts', () => ({ wireProving: () => ({ audit: {}, proofs: {} }) }));
jest.unstable_mockModule('./proof-store.ts', () => ({
  keepProof: async (_: unknown, proof: ConservationProof) => {
    proofs.push(proof);
  },
  noteStart: async () => notes.push('start'),
  noteEnd: async () => notes.push('end'),
  noteBegun: async (_: unknown, nowMs: number, untilMs: number) => {
    notes.push(`begun for ${untilMs - nowMs} ms`);
    return {};
  },
  takeBackBegun: async () => notes.push(`taken back after ${proofs.length}`),
}));
const { findingsOf, persisting } = await import('./audit-conservation.ts');
jest.unstable_mockModule('./audit-conservation.ts', () => ({
  findingsOf,
  persisting,
  auditConservation: async (_: unknown, settledUntilMs: number) => {
    pointsMs.push(settledUntilMs);
    leftMs -= lookMs;
    const next = reports.shift();
    if (!next) throw new Error('ledger batch 01K fails its checksum');
    return next;
  },
}));
const { handler: handle } = await import('./handlers/audit-conservation.ts');
const handler = () => handle({}, { getRemainingTimeInMillis: () => leftMs });

const logged = jest.spyOn(log, 'info').mockImplementation(() => {});
const counted = jest.spyOn(Metrics.prototype, 'addMetric').mockReturnThis();
jest.spyOn(Metrics.prototype, 'publishStoredMetrics').mockReturnThis();

beforeEach(() => {
  leftMs = 900_000;
  lookMs = 100_000;
  waitsMs.length = 0;
  pointsMs.length = 0;
  reports.length = 0;
  proofs.length = 0;
  notes.length = 0;
  counted.mockClear();
  logged.mockClear();
});

function difference(client: string, left: bigint, right: bigint): Difference {
  const totals = { events: 1, quantityMicros: 1n };
  return {
    key: { client, day: '2026-11-03', meter: 'sms', currency: 'EUR', source: 'postpaid' },
    left: { stage: 'ledger', ...totals, amountMicros: left },
    right: { stage: 'deltas', ...totals, amountMicros: right },
  };
}

function balance(client: string, journalMicros: bigint, foundMicros?: bigint): BalanceDifference {
  return { client, of: 'balance', journalMicros, foundMicros };
}

function statement(client: string, ledger: number, entries: number): AccountDifference {
  const totals = { balanceMicros: 1n, heldMicros: 1n };
  return {
    client,
    ledger: { ...totals, changes: ledger },
    entries: { ...totals, changes: entries },
  };
}

function tree(client: string, size: number): TreeDifference {
  const { key } = difference(client, 1n, 1n);
  return { problem: 'tree_differs', key, recorded: undefined, implied: { size, root: 'ab' } };
}

function finding(client: string): PackageFinding {
  const invoice = `2026-11-H1.1.${client}`;
  return { client, invoice, problem: 'left_and_not_open', detail: 'is neither' };
}

function report(
  differences: Difference[] = [],
  balances: BalanceDifference[] = [],
  entries: AccountDifference[] = [],
  trees: TreeDifference[] = [],
  packages: PackageFinding[] = [],
): AuditReport {
  const stage = { name: 'any', sums: new Map() };
  const stages = { ledger: stage, deltas: stage, daily: stage, packages: stage };
  return { stages, totals: {}, differences, balances, entries, trees, packages, accounts: 3 };
}

test('where nothing differs it does not look again', async () => {
  reports.push(report());
  expect(await handler()).toMatchObject({ differences: 0, balances: 0, entries: 0, accounts: 3 });
  expect(waitsMs).toEqual([]);
  expect(counted).toHaveBeenCalledWith('auditDifferences', 'Count', 0);
  expect(proofs).toMatchObject([{ isConserved: true, accounts: 3, first: [] }]);
  expect(notes).toEqual(['start', 'begun for 920000 ms', 'taken back after 1', 'end']);
});

test('an audit that fails leaves a proof that is not green, says why, and fails', async () => {
  await expect(handler()).rejects.toThrow('fails its checksum');
  expect(proofs).toMatchObject([
    {
      isConserved: false,
      stages: [],
      first: ['The audit did not come to its end: ledger batch 01K fails its checksum'],
    },
  ]);
  expect(notes).toEqual(['start', 'begun for 920000 ms', 'taken back after 1', 'end']);
});

test.each([
  [100_000, 2],
  [240_000, 2],
  [270_000, 1],
  [650_000, 1],
])(
  'an audit of %d ms has time for %d looks, and what it has seen once is kept and says so',
  async (ms, looks) => {
    lookMs = ms;
    reports.push(report([difference('lost', 10n, 9n)]), report([difference('lost', 10n, 9n)]));
    expect(await handler()).toMatchObject({ differences: 1 });
    expect(pointsMs).toHaveLength(looks);
    expect(leftMs).toBeGreaterThan(0);
    const once = expect.stringMatching(/^Seen once: /);
    const lost = expect.stringMatching(/^lost, sms on 2026-11-03/);
    expect(proofs).toEqual([
      expect.objectContaining({
        isConserved: false,
        differences: 1,
        first: looks === 1 ? [once, lost] : [lost],
      }),
    ]);
    expect(counted).toHaveBeenCalledWith('auditDifferences', 'Count', 1);
  },
);

test('what differs in the same way after a minute is reported, what moved or went is not', async () => {
  reports.push(
    report(
      [difference('lost', 10n, 9n), difference('moving', 10n, 9n), difference('went', 2n, 1n)],
      [
        balance('lost', 5n, 6n),
        balance('moving', 5n, 6n),
        balance('arriving', 5n, 6n),
        balance('gone', 5n),
        { ...balance('holding', 5n, 6n), of: 'held' },
      ],
      [statement('lost', 5, 4), statement('moving', 5, 4)],
      [tree('lost', 2), tree('growing', 2)],
      [finding('lost'), finding('went')],
    ),
    report(
      [difference('lost', 25n, 24n), difference('moving', 12n, 7n), difference('came', 2n, 1n)],
      [
        balance('lost', 5n, 6n),
        balance('moving', 5n, 7n),
        balance('arriving', 6n, 7n),
        balance('gone', 5n),
        balance('holding', 5n, 6n),
      ],
      [statement('lost', 9, 8), statement('moving', 9, 7)],
      [tree('lost', 2), tree('growing', 3)],
      [finding('lost'), finding('came')],
    ),
  );
  expect(await handler()).toMatchObject({
    differences: 1,
    balances: 2,
    entries: 1,
    trees: 1,
    packages: 1,
  });
  expect(waitsMs).toEqual([240_000]);
  expect(counted).toHaveBeenCalledWith('auditDifferences', 'Count', 6);
  expect(proofs).toMatchObject([
    { isConserved: false, differences: 1, packages: 1, balances: 2, entries: 1 },
  ]);
  expect(logged).toHaveBeenCalledWith(
    'audit',
    expect.objectContaining({
      first: {
        differences: [difference('lost', 25n, 24n)],
        balances: [balance('lost', 5n, 6n), balance('gone', 5n)],
        entries: [statement('lost', 9, 8)],
        trees: [tree('lost', 2)],
        packages: [finding('lost')],
      },
    }),
  );
});

test('both looks are at what had been recorded four minutes before the first', async () => {
  const clock = jest.spyOn(Date, 'now').mockReturnValue(1_000_000);
  reports.push(report([], [balance('lost', 5n, 6n)]), report());
  await handler();
  clock.mockRestore();
  expect(pointsMs).toEqual([760_000, 760_000]);
});

test('the log shows the first of many', async () => {
  const many = Array.from({ length: 50 }, (_, index) => difference(`c-${index}`, 2n, 1n));
  reports.push(report(many), report(many));
  expect(await handler()).toMatchObject({ differences: 50 });
  const [, line] = logged.mock.calls[0] as unknown as [string, { first: AuditReport }];
  expect(line.first.differences).toEqual(many.slice(0, 20));
});
