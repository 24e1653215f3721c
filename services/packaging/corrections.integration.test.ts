import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readUsageMarks } from '#services/aggregation/public.ts';
import type { PackagingRules } from '#shared/domain/carry-over.ts';
import { shardOf } from '#shared/domain/shard.ts';
import { foldUsage, type UsageSum } from '#shared/domain/usage.ts';
import type { Dynamo, Item } from '#shared/platform/dynamo.ts';
import { interceptedDynamo, pausingDynamo } from '#shared/testing/intercepted-dynamo.ts';
import { expectSoundTies } from '#shared/testing/sound-ties.ts';
import { readCarries } from './carry-store.ts';
import { type Correcting, correctPackage, MAX_CORRECTION_LINES } from './correct-package.ts';
import { unpackLines } from './frozen-package.ts';
import { type HistoryEntry, type InvoiceItem, invoiceKeyOf } from './invoice-item.ts';
import { type Packaging, packageClient } from './package-client.ts';
import {
  createPackagingTables,
  NOW_MS,
  type PackagingTables,
  PERIOD,
  SHARDS,
  usageSum,
} from './testing/packaging-tables.ts';

const RULES: PackagingRules = { minimumMicros: new Map([['EUR', 1_000n]]), carriesOver: true };
const NEXT = '2026-11-H2';
const WISH = {
  reason: 'agreed with the client',
  lines: [{ description: 'Goodwill', amountMicros: -500n }],
  isNotTaken: false,
  keyId: 'k1',
};
let tables: PackagingTables;

beforeEach(async () => {
  tables = await createPackagingTables();
});
afterEach(() => tables.remove());

const packaging = (dynamo?: Dynamo): Packaging => tables.packaging(dynamo, RULES);

function correcting(dynamo = tables.invoices.dynamo): Correcting {
  return {
    packages: { dynamo, table: tables.invoices.table },
    ...{ shards: SHARDS, rules: RULES, nowMs: () => NOW_MS + 1 },
  };
}

const keyOf = (revision: number, client = 'acme') => invoiceKeyOf(client, PERIOD, revision);
const correct = (revision = 1, wish = WISH, dynamo?: Dynamo) =>
  correctPackage(correcting(dynamo), keyOf(revision), wish);

/** Packages what is marked of a client. */
async function run(made = packaging(), client = 'acme', period = PERIOD): Promise<void> {
  const shard = shardOf(client, SHARDS);
  for await (const mark of readUsageMarks(tables.usage, period, shard, { from: client })) {
    if (mark.of !== client) return;
    const open = await readCarries(made.packages, shard, client);
    await packageClient(made, period, shard, mark, open);
  }
}

async function park(revision: number, changes: Partial<InvoiceItem> = {}): Promise<InvoiceItem> {
  const { sk } = keyOf(revision);
  const found = (await tables.packages()).find((item) => item.sk === sk);
  if (!found) throw new Error(`no revision ${revision}`);
  const parked: InvoiceItem = {
    ...found,
    ...{ state: 'parked', reason: 'rejected_by_invoice_api', detail: 'no', attempts: 2n },
    version: found.version + 3n,
    ...changes,
  };
  await tables.invoices.put(parked as unknown as Item);
  return parked;
}

const seen = async () =>
  (await tables.packages()).map(({ id, state, totalMicros, supersededBy, carriedTo }) => ({
    ...{ id, state, totalMicros, supersededBy, carriedTo },
  }));

/** The standing packages bill the daily records, and nothing is lost or taken twice on the way. */
async function expectConserved(sums: readonly UsageSum[]): Promise<void> {
  expect((await tables.billed()).sums).toEqual(foldUsage(sums));
  expectSoundTies(await tables.ties());
}

test('a correction is another revision with the lines of the old one and its own, due at once', async () => {
  const sums = [
    usageSum({ amountMicros: 2_000n }),
    usageSum({ meter: 'tokens', amountMicros: 9n }),
  ];
  await tables.rollUp(sums);
  await run();
  const old = await park(1);
  const result = await correct();
  expect(result).toMatchObject({
    type: 'corrected',
    made: {
      item: { id: '2026-11-H1.2.acme', corrects: old.id, state: 'packaged', totalMicros: 1_509n },
    },
  });
  const [before, after, ...others] = await tables.packages();
  expect(others).toEqual([]);
  expect(after).toEqual(result.type === 'corrected' && result.made.item);
  const [oldLines, newLines] = (await tables.frozen()).map((frozen) => unpackLines(frozen).lines);
  expect(newLines).toEqual([
    ...(oldLines ?? []),
    { kind: 'correction', description: 'Goodwill', amountMicros: -500n },
  ]);
  expect(after?.history).toEqual([
    {
      ...{ atMs: BigInt(NOW_MS + 1), call: 'correct', answer: 'made' },
      detail:
        'takes the place of 2026-11-H1.1.acme: agreed with the client; asked for with API key k1',
    },
  ]);
  expect(before).toEqual({
    ...old,
    ...{ state: 'superseded', supersededBy: '2026-11-H1.2.acme' },
    statePartition: old.statePartition.replace(/^\w+/, 'superseded'),
    ...{ version: old.version + 1n, updatedAtMs: BigInt(NOW_MS + 1) },
    history: [
      {
        ...{ atMs: BigInt(NOW_MS + 1), call: 'correct', answer: 'superseded' },
        detail:
          '2026-11-H1.2.acme takes its place: agreed with the client; asked for with API key k1',
      },
    ],
  });
  await expectConserved(sums);
});

describe('after a correction', () => {
  test('the same request again makes no third revision, and says which one is there', async () => {
    await tables.rollUp([usageSum()]);
    await run();
    await park(1);
    await correct();
    const before = await tables.packages();
    expect(await correct()).toEqual({
      ...{ type: 'not_correctable', why: 'superseded', state: 'superseded' },
      supersededBy: '2026-11-H1.2.acme',
    });
    expect(await tables.packages()).toEqual(before);
  });

  test('late usage is billed once, as if there had been none', async () => {
    await tables.rollUp([usageSum({ events: 1, amountMicros: 2_000n })]);
    await run();
    await park(1);
    await correct();
    const late = [
      usageSum({ events: 2, amountMicros: 5_000n }),
      usageSum({ day: '2026-11-09', amountMicros: 7n }),
    ];
    await tables.rollUp(late);
    await run();
    expect((await seen()).map(({ totalMicros }) => totalMicros)).toEqual([2_000n, 1_500n, 3_007n]);
    await expectConserved(late);
  });

  test('it can be corrected itself, up to so many lines', async () => {
    await tables.rollUp([usageSum({ amountMicros: 50_000n })]);
    await run();
    const wish = {
      ...WISH,
      lines: Array.from({ length: 20 }, () => WISH.lines[0] as (typeof WISH.lines)[0]),
    };
    const most = MAX_CORRECTION_LINES / 20;
    for (let revision = 1; revision <= most; revision++) {
      await park(revision);
      expect(await correct(revision, wish)).toMatchObject({ type: 'corrected' });
    }
    await park(most + 1);
    expect(await correct(most + 1)).toMatchObject({ why: 'too_many_lines' });
    await expectConserved([usageSum({ amountMicros: 50_000n })]);
  });
});

describe('what comes to less than is invoiced', () => {
  test.each<[string, bigint, string]>([
    ['zero', -2_000n, 'zero_total'],
    ['below zero', -2_001n, 'negative_total'],
    ['below the least amount', -1_001n, 'below_minimum'],
  ])('is skipped, and left to the next package: %s', async (_, amountMicros, reason) => {
    const sums = [usageSum({ amountMicros: 2_000n })];
    await tables.rollUp(sums);
    await run();
    await park(1);
    const lines = [{ description: 'Goodwill', amountMicros }];
    expect(await correct(1, { ...WISH, lines })).toMatchObject({
      made: { item: { state: 'skipped', reason } },
    });
    const later = usageSum({ day: '2026-11-20', amountMicros: 5_000n });
    await expectConserved(sums);
    await tables.rollUp([later], NEXT);
    await run(packaging(), 'acme', NEXT);
    expect((await seen()).at(-1)).toMatchObject({ totalMicros: 7_000n + amountMicros });
    expect(await tables.carries()).toEqual([]);
    await expectConserved([...sums, later]);
  });

  test.each<[string, bigint, object]>([
    ['what is still due', -1_000n, { state: 'packaged', totalMicros: 3_000n, paidMicros: 3_000n }],
    ['all', -4_000n, { state: 'skipped', totalMicros: 0n, paidMicros: 3_000n, isLeft: true }],
  ])('what is paid stays so where a correction takes off %s', async (_, amountMicros, expected) => {
    const sums = [
      usageSum({ amountMicros: 1_000n }),
      usageSum({ amountMicros: 3_000n, source: 'prepaid' }),
    ];
    await tables.rollUp(sums);
    await run();
    await park(1);
    const lines = [{ description: 'Goodwill', amountMicros }];
    expect(await correct(1, { ...WISH, lines })).toMatchObject({ made: { item: expected } });
    await expectConserved(sums);
    const later = usageSum({ day: '2026-11-20', amountMicros: 5_000n });
    await tables.rollUp([later], NEXT);
    await run(packaging(), 'acme', NEXT);
    const due = (await tables.packages())
      .filter(({ state }) => state === 'packaged')
      .reduce((sum, { totalMicros, paidMicros }) => sum + totalMicros - paidMicros, 0n);
    expect(due).toBe(6_000n + amountMicros);
    await expectConserved([...sums, later]);
  });

  test('what a corrected package took over is taken over by the correction', async () => {
    const sums = [usageSum({ amountMicros: 10n })];
    await tables.rollUp(sums);
    await run();
    const more = usageSum({ meter: 'tokens', amountMicros: 3_000n });
    await tables.rollUp([...sums, more]);
    await run();
    await park(2);
    await correct(2);
    expect(await seen()).toMatchObject([
      { state: 'skipped', carriedTo: '2026-11-H1.3.acme' },
      { state: 'superseded', totalMicros: 3_010n, supersededBy: '2026-11-H1.3.acme' },
      { state: 'packaged', totalMicros: 2_510n },
    ]);
    await expectConserved([...sums, more]);
  });
});

describe('is not corrected', () => {
  beforeEach(async () => {
    await tables.rollUp([usageSum()]);
    await run();
  });

  test.each(['packaged', 'sending', 'unknown', 'submitted', 'accepted', 'skipped'] as const)(
    'what is %s',
    async (state) => {
      const before = await park(1, { state });
      expect(await correct()).toEqual({ type: 'not_correctable', why: 'not_parked', state });
      expect(await tables.packages()).toEqual([before]);
    },
  );

  test.each(['attempts_exhausted', 'something_new', undefined])(
    'what the invoice API may have after all: parked as %s',
    async (reason) => {
      const parked = await park(1);
      const { reason: _, ...rest } = parked;
      await tables.invoices.put({ ...rest, ...(reason && { reason }) });
      expect(await correct()).toMatchObject({ why: 'may_be_pending', parkedFor: reason });
      expect(await tables.packages()).toHaveLength(1);
      // A person may know better.
      const sure = { ...WISH, isNotTaken: true };
      expect(await correct(1, sure)).toMatchObject({ type: 'corrected' });
      const [old] = await tables.packages();
      expect(old?.history.at(-1)?.detail).toContain('the invoice API is said not to have it');
    },
  );

  test('what was rejected, and then submitted again without an answer: the rejection may be the old one', async () => {
    const entry = (call: HistoryEntry['call'], answer: string) => ({ atMs: 1n, call, answer });
    const history = [
      entry('submit', 'taken'),
      entry('poll', 'rejected'),
      entry('retry', 'packaged'),
      entry('submit', 'no_answer'),
      entry('look_up', 'rejected'),
    ];
    await park(1, { history });
    expect(await correct()).toMatchObject({
      why: 'may_be_pending',
      parkedFor: 'rejected_by_invoice_api',
    });
    await park(1, { history: [...history, entry('submit', 'rejected')] });
    expect(await correct()).toMatchObject({ type: 'corrected' });
  });

  test('what is damaged: its lines are not the frozen ones', async () => {
    await park(1, { reason: 'package_unreadable' });
    const [lines] = await tables.packed();
    await tables.invoices.put({ ...lines, lines: Buffer.from('no lines') });
    expect(await correct()).toMatchObject({ why: 'damaged' });
  });

  test('what is damaged: its lines are missing', async () => {
    await park(1, { reason: 'package_unreadable', linesSha256: '0'.repeat(64) });
    expect(await correct()).toMatchObject({ why: 'damaged' });
  });

  test('what is not there', async () => {
    expect(await correct(2)).toEqual({ type: 'not_found' });
  });
});

describe('others at the same time', () => {
  const sums = [usageSum({ events: 1, amountMicros: 2_000n })];
  const late = [usageSum({ events: 2, amountMicros: 5_000n })];
  beforeEach(async () => {
    await tables.rollUp(sums);
    await run();
    await park(1);
  });

  test('of two corrections one is made', async () => {
    const results = await Promise.all([correct(), correct(), correct()]);
    expect(results.filter(({ type }) => type === 'corrected')).toHaveLength(1);
    expect(await seen()).toHaveLength(2);
    await expectConserved(sums);
  });

  test('a retry meanwhile wins, and nothing is corrected', async () => {
    const slow = pausingDynamo('TransactWriteItems');
    const correction = correct(1, WISH, slow.dynamo);
    await slow.paused;
    const retried = await park(1, { state: 'packaged' });
    await tables.invoices.put({ ...retried, version: retried.version + 1n } as unknown as Item);
    slow.letGo();
    expect(await correction).toMatchObject({ why: 'not_parked', state: 'packaged' });
    expect(await seen()).toHaveLength(1);
  });

  test('a run that takes the revision meanwhile moves the correction on', async () => {
    await tables.rollUp(late);
    const slow = pausingDynamo('TransactWriteItems');
    const correction = correct(1, WISH, slow.dynamo);
    await slow.paused;
    await run();
    slow.letGo();
    expect(await correction).toMatchObject({ made: { item: { revision: 3n } } });
    await expectConserved(late);
  });

  test('a run that read before the correction starts over, and bills nothing twice', async () => {
    await tables.rollUp(late);
    const slow = pausingDynamo('PutItem');
    const running = run(packaging(slow.dynamo));
    await slow.paused;
    await correct();
    slow.letGo();
    await running;
    expect((await seen()).map(({ totalMicros }) => totalMicros)).toEqual([2_000n, 1_500n, 3_000n]);
    await expectConserved(late);
  });

  test('a run that sees half of a correction takes the old lines once', async () => {
    const parked = await park(1);
    await correct();
    // As a query may see it: the new revision is there, and the old one is not superseded yet.
    await tables.invoices.put(parked as unknown as Item);
    await tables.rollUp(late);
    await run();
    const [, , added] = await tables.packages();
    expect(added).toMatchObject({ totalMicros: 3_000n });
  });
});

test('a correction may die at any request: what it does is done as a whole, and can be asked for again', async () => {
  const sums = [
    usageSum({ amountMicros: 10n }),
    usageSum({ meter: 'tokens', amountMicros: 3_000n }),
  ];
  await tables.rollUp(sums.slice(0, 1));
  await run();
  await tables.rollUp(sums);
  await run();
  await park(2);
  let deaths = 0;
  for (; ; deaths++) {
    let left = deaths;
    const dynamo = interceptedDynamo(() => {
      if (left-- <= 0) throw new Error('killed');
    });
    const before = await tables.packages();
    const result = await correct(2, WISH, dynamo).catch(() => undefined);
    await expectConserved(sums);
    if (result) break;
    expect(await tables.packages()).toEqual(before);
  }
  // To read it, its lines and its revision, to write its lines and then all else.
  expect(deaths).toBe(5);
  // Its answer was lost.
  expect(await correct(2)).toMatchObject({ supersededBy: '2026-11-H1.3.acme' });
});
