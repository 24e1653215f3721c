import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { sealedBatch, usageEvent } from '#services/aggregation/testing/batches.ts';
import { freezePackage, unpackLines } from '#services/packaging/frozen-package.ts';
import type { SealedBatch } from '#shared/contracts/sealed-batch.ts';
import type { LedgerEvent } from '#shared/domain/ledger-event.ts';
import { hashLeaf } from '#shared/domain/merkle.ts';
import { formatAmount } from '#shared/domain/money.ts';
import { paidOf, totalOf } from '#shared/domain/package-line.ts';
import { type InvoicePackage, invoiceIdOf } from '#shared/domain/packaging.ts';
import { shardOf } from '#shared/domain/shard.ts';
import type { Item } from '#shared/platform/dynamo.ts';
import { ledgerItem } from '#shared/testing/stored-usage.ts';
import { verify, verifyEach, verifyFiles } from './verifier.ts';
import { createWorld, type Explained, PERIOD, SHARDS, type World } from './world.ts';

const CLIENT = 'acme';
const SHARD = shardOf(CLIENT, SHARDS);
let world: World;

beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.remove());

const idOf = (revision: number) => invoiceIdOf(CLIENT, PERIOD, revision);
const usage = (id: string, changes: Partial<ReturnType<typeof usageEvent>> = {}) =>
  usageEvent({ id, client: CLIENT, amountMicros: BigInt(1_000 + id.length), ...changes });
const metered = (id: string) => {
  const { origin, kind, ...event } = usage(id);
  return { ...event, balanceMicros: 1n };
};
const charge = (id: string): LedgerEvent => ({ ...metered(id), kind: 'charge' });
const reversal = (id: string, of: string): LedgerEvent => ({
  ...{ ...metered(id), kind: 'reversal', amountMicros: 400n, quantityMicros: 1_000n },
  ...{ reversedKind: 'charge', reversedId: of, reversedMicros: 400n },
});
const numbered = (count: number, prefix: string) =>
  Array.from({ length: count }, (_, index) => usage(`${prefix}-${index}`));
/** A batch whose id says where it sorts. */
const batchAt = (place: number, events: readonly LedgerEvent[]): SealedBatch =>
  sealedBatch(SHARD, events, `01K00000000000000000000${String(place).padStart(3, '0')}`);

async function expectVerified(id: string): Promise<Explained> {
  const explained = await world.explainAll(id);
  const { exitCode, output } = await verify(JSON.stringify(explained));
  expect(output).not.toContain('FAIL');
  expect(output).toContain(`The invoice ${id} is explained down to its events.`);
  expect(exitCode).toBe(0);
  return explained;
}

const idsIn = ({ lines }: Explained) =>
  lines.flatMap(({ events }) => events.map(({ text }) => JSON.parse(text).id as string));

describe('an invoice is explained down to the events in the ledger', () => {
  test('of several days, meters, currencies and sources, among events of others', async () => {
    await world.consume(
      batchAt(1, [
        usage('u-1'),
        usage('u-2', { day: '2026-11-10' }),
        charge('c-1'),
        usageEvent({ id: 'other', client: 'b' }),
        usage('u-3', { meter: 'api.calls' }),
        usage('u-4', { currency: 'USD' }),
        usage('u-5'),
      ]),
      batchAt(2, [usage('u-6'), charge('c-2')]),
    );
    await world.bill();
    const [euros, dollars] = [await expectVerified(idOf(1)), await expectVerified(idOf(2))];
    expect(idsIn(euros).sort()).toEqual(['c-1', 'c-2', 'u-1', 'u-2', 'u-3', 'u-5', 'u-6']);
    expect(idsIn(dollars)).toEqual(['u-4']);
    expect(euros.explanation.lines.map(({ line }) => line.kind)).toEqual(Array(4).fill('usage'));
  });

  test('over revisions, with stragglers whose batches are older than what was billed', async () => {
    await world.consume(batchAt(500, numbered(5, 'a')), batchAt(400, numbered(3, 'b')));
    await world.rollUp();
    await world.consume(batchAt(300, numbered(2, 'c')));
    await world.bill();
    await world.consume(batchAt(200, numbered(4, 'd')), batchAt(600, numbered(1, 'e')));
    await world.bill();
    await world.consume(batchAt(100, numbered(7, 'f')), batchAt(200, numbered(4, 'd')));
    await world.rollUp();
    await world.consume(batchAt(150, numbered(1, 'g')));
    await world.bill();
    const revisions = [];
    for (const revision of [1, 2, 3]) revisions.push(await expectVerified(idOf(revision)));
    expect(revisions.map(({ lines }) => lines[0]?.tree.size)).toEqual([10, 15, 23]);
    expect(revisions.map((each) => idsIn(each).length)).toEqual([10, 5, 8]);
    expect(new Set(revisions.flatMap(idsIn)).size).toBe(23);
    expect(revisions.map(({ explanation }) => explanation.lines[0]?.record)).toMatchObject([
      { at: { events: 10 }, billedBefore: { events: 0 } },
      {
        at: { events: 15 },
        billedBefore: { events: 10 },
        treeBefore: { size: 10, invoice: idOf(1), line: 0 },
      },
      {
        at: { events: 23 },
        billedBefore: { events: 15 },
        treeBefore: { size: 15, invoice: idOf(2), line: 0 },
      },
    ]);
  });

  test('with what reversals gave back taken off', async () => {
    await world.consume(batchAt(1, [charge('c-1'), charge('c-2'), reversal('r-1', 'c-1')]));
    await world.bill();
    await world.consume(batchAt(2, [reversal('r-2', 'c-1'), charge('c-3')]));
    await world.bill();
    const [first, second] = [await expectVerified(idOf(1)), await expectVerified(idOf(2))];
    expect(first.explanation.lines.map(({ line }) => [line.kind, line.amount])).toEqual([
      ['usage', '0.002006'],
      ['credit', '-0.0004'],
    ]);
    expect(first.lines[1]?.events.map(({ sign }) => sign)).toEqual(['-']);
    expect(idsIn(second)).toEqual(['c-3', 'r-2']);
  });

  test('page by page where there are many', async () => {
    await world.consume(
      ...[700, 1, 1_300, 499].map((count, place) => batchAt(place, numbered(count, `b${place}`))),
    );
    await world.bill();
    const { lines } = await expectVerified(idOf(1));
    expect(lines.map(({ events }) => events.length)).toEqual([1_000, 1_000, 500]);
  });

  test('in smaller pages where every batch has to be read for one event', async () => {
    const batches = Array.from({ length: 101 }, (_, place) =>
      batchAt(place, [usage(`u-${place}`)]),
    );
    await world.consume(...batches);
    await world.bill();
    const { lines } = await expectVerified(idOf(1));
    expect(lines.map(({ events }) => events.length)).toEqual([100, 1]);
  });

  test('beside lines that are carried over', async () => {
    const rules = { minimumMicros: new Map([['EUR', 3_000n]]), carriesOver: true };
    await world.consume(batchAt(1, [usage('u-1')]));
    await world.bill(rules);
    await world.consume(batchAt(2, numbered(4, 'v')));
    await world.bill(rules);
    const { explanation } = await expectVerified(idOf(2));
    expect(explanation.lines.map(({ line }) => line.kind).sort()).toEqual([
      'adjustment',
      'carry_over',
    ]);
  });

  test('and so is a correction, whose lines are those of the package in whose place it stands', async () => {
    await world.consume(batchAt(1, numbered(3, 'a')));
    await world.bill();
    await world.consume(batchAt(2, numbered(2, 'b')));
    await world.bill();
    const [first] = await world.packages();
    if (!first) throw new Error('no package');
    const goodwill = { kind: 'correction', description: 'goodwill', amountMicros: -500n } as const;
    const lines = [...unpackLines(first).lines, goodwill];
    const correction: InvoicePackage = {
      ...{ id: idOf(3), client: CLIENT, period: PERIOD, revision: 3, currency: 'EUR' },
      ...{ lines, totalMicros: totalOf(lines), paidMicros: paidOf(lines), corrects: idOf(1) },
    };
    const { item, packed } = freezePackage(correction, 1);
    await world.invoices.put({ ...packed }, { ...item });
    await world.invoices.put({ ...first.item, state: 'superseded', supersededBy: idOf(3) });
    const explained = [];
    for (const revision of [1, 2, 3]) explained.push(await expectVerified(idOf(revision)));
    expect(explained[1]?.explanation.lines[0]?.record?.treeBefore).toMatchObject({
      ...{ invoice: idOf(3), line: 0 },
    });
    const { exitCode, output } = await verifyFiles(explained.map((each) => JSON.stringify(each)));
    expect(output).not.toContain('FAIL');
    expect(output).toContain(`${idOf(3)} is said to be in the place of this invoice`);
    expect(exitCode).toBe(0);
    await world.consume(batchAt(0, numbered(2, 'c')));
    await world.bill();
    await expectVerified(idOf(4));
  });
});

describe('several invoices of one day and meter', () => {
  let explained: Explained[];
  beforeEach(async () => {
    explained = [];
    for (const [place, count] of [5, 2, 4].entries()) {
      await world.consume(batchAt(place, numbered(count, `b${place}`)));
      await world.bill();
      explained.push(await expectVerified(idOf(place + 1)));
    }
  });
  const verifyAll = (all: readonly unknown[]) =>
    verifyFiles(all.map((each) => JSON.stringify(each)));
  const failuresOf = async (all: readonly unknown[]) => {
    const { exitCode, output } = await verifyAll(all);
    expect(exitCode).toBe(1);
    return output.match(/FAIL.*/g);
  };

  test('prove of each other what was billed before; what is not given is said to be unproven', async () => {
    const all = await verifyAll(explained.toReversed());
    expect(all.output).not.toMatch(/^(FAIL|\?)/m);
    for (const revision of [1, 2]) {
      expect(all.output).toContain(
        `what was billed before is what line 0 of ${idOf(revision)} was frozen with`,
      );
    }
    expect(all.exitCode).toBe(0);
    const later = await verifyAll(explained.slice(1));
    expect(later.output.match(/^\?.*$/gm)).toEqual([
      `?     line 0: that ${idOf(1)} was frozen with what was billed before is not proven without its explanation`,
    ]);
    expect(later.exitCode).toBe(0);
  });

  test('are found where the second says that something else was billed before', async () => {
    const [first, second, third] = structuredClone(explained) as [Explained, Explained, Explained];
    const record = third.explanation.lines[0]?.record;
    const before = record?.treeBefore;
    if (!before) throw new Error('nothing was billed before');
    Object.assign(before, { invoice: idOf(1) });
    expect(await failuresOf([first, second, third])).toEqual([
      expect.stringContaining(`line 0 of ${idOf(1)} was frozen with another tree`),
    ]);
    Object.assign(before, { invoice: idOf(2), line: 1 });
    expect(await failuresOf([first, second, third])).toEqual([
      expect.stringContaining(`there is no line 1 of ${idOf(2)}`),
    ]);
  });

  test('are found where two of them bill the same', async () => {
    const [first, second] = structuredClone(explained) as [Explained, Explained, Explained];
    const again = structuredClone(second);
    for (const each of [again.explanation, ...again.lines]) Object.assign(each, { id: idOf(4) });
    expect(await failuresOf([first, second, again])).toEqual([
      expect.stringContaining(`is in the invoice ${idOf(2)}, too`),
    ]);
    expect(await failuresOf([first, first])).toEqual(['FAIL  an invoice is given twice']);
  });
});

describe('a wrong proof is never given', () => {
  const events = numbered(3, 'a');
  const batch = batchAt(1, events);
  beforeEach(async () => {
    await world.consume(batch, batchAt(2, numbered(2, 'b')));
    await world.bill();
    await expectVerified(idOf(1));
  });

  const itemOf = async (kind: string) => {
    const items = await world.usage.items<Item & { pk: string }>();
    const item = items.find(({ pk }) => pk.startsWith(kind));
    if (!item) throw new Error(`no ${kind}`);
    return item;
  };
  const lineProblem = () => world.explainLine(idOf(1), 0);
  const inconsistent = { code: 'explanation_inconsistent' };

  test.each<[string, () => Promise<unknown>]>([
    [
      'an amount of a delta changed',
      async () => world.usage.put({ ...(await itemOf('DELTA')), amountMicros: 1n }),
    ],
    [
      'the root of a delta changed',
      async () =>
        world.usage.put({ ...(await itemOf('DELTA')), root: Buffer.from(hashLeaf('x'), 'hex') }),
    ],
    [
      'a delta lost',
      async () => {
        const { pk, sk } = await itemOf('DELTA');
        const { dynamo, table } = world.usage;
        await dynamo.send(new DeleteCommand({ TableName: table, Key: { pk, sk } }));
      },
    ],
    [
      'a fold lost',
      async () => {
        const { pk, sk } = await itemOf('FOLD');
        const { dynamo, table } = world.usage;
        await dynamo.send(new DeleteCommand({ TableName: table, Key: { pk, sk } }));
      },
    ],
    [
      'a ledger batch changed, with its checksum',
      () => world.ledger.put(ledgerItem({ ...batch, events: [...events].reverse() })),
    ],
    [
      'a ledger batch changed, without its checksum',
      () => {
        const { events: other } = ledgerItem({ ...batch, events: events.slice(1) });
        return world.ledger.put({ ...ledgerItem(batch), events: other });
      },
    ],
    [
      'a ledger batch lost',
      async () => {
        const { pk, sk } = ledgerItem(batch);
        const { dynamo, table } = world.ledger;
        await dynamo.send(new DeleteCommand({ TableName: table, Key: { pk, sk } }));
      },
    ],
  ])('%s: the line says so', async (_, tamper) => {
    await tamper();
    await expect(lineProblem()).rejects.toMatchObject(inconsistent);
    // What was frozen still stands.
    expect(await world.explainInvoice(idOf(1))).toMatchObject({ id: idOf(1) });
  });

  test.each<[string, (text: string) => Item]>([
    ['changed', (text) => ({ lines: gzipSync(text.replace('"events":5', '"events":6')) })],
    ['no gzip', (text) => ({ lines: Buffer.from(text) })],
    ['lost', () => ({ sk: 'LINES#elsewhere' })],
  ])('frozen lines %s: the invoice says so', async (_, damage) => {
    const [frozen] = await world.packages();
    if (!frozen?.packed) throw new Error('no lines');
    const { pk, sk } = frozen.packed;
    const { dynamo, table } = world.invoices;
    await dynamo.send(new DeleteCommand({ TableName: table, Key: { pk, sk } }));
    await world.invoices.put({ ...frozen.packed, ...damage(unpackLines(frozen).text) });
    await expect(world.explainInvoice(idOf(1))).rejects.toMatchObject(inconsistent);
    await expect(lineProblem()).rejects.toMatchObject(inconsistent);
  });
});

test('what is not there is told', async () => {
  await world.consume(batchAt(1, numbered(3, 'a')));
  await world.bill();
  const missing = { code: 'not_found' };
  const wrong = { code: 'invalid_parameter' };
  await expect(world.explainInvoice(idOf(2))).rejects.toMatchObject(missing);
  await expect(world.explainLine(idOf(2), 0)).rejects.toMatchObject(missing);
  await expect(world.explainLine(idOf(1), 1)).rejects.toMatchObject(wrong);
  await expect(world.explainLine(idOf(1), 0, '3')).rejects.toMatchObject(wrong);
  expect((await world.explainLine(idOf(1), 0, '2')).events).toHaveLength(1);
});

/** Another character of the same kind in its place. */
function changed(text: string, at: number): string {
  const other =
    text[at] === '1' ? '2' : /\d/.test(text[at] ?? '') ? '1' : text[at] === 'a' ? 'b' : 'a';
  return `${text.slice(0, at)}${other}${text.slice(at + 1)}`;
}

describe('the verifier finds', () => {
  let explained: Explained;
  beforeEach(async () => {
    await world.consume(batchAt(5, numbered(3, 'a')));
    await world.bill();
    await world.consume(batchAt(3, [...numbered(2, 'b'), charge('c'), reversal('r', 'c')]));
    await world.consume(batchAt(4, numbered(1, 'd')));
    await world.bill();
    explained = await expectVerified(idOf(2));
  });

  async function expectAllToFail(tampered: readonly unknown[]): Promise<void> {
    expect(tampered.length).toBeGreaterThan(0);
    const exitCodes = await verifyEach(tampered.map((each) => JSON.stringify(each)));
    expect(tampered.filter((_, place) => exitCodes[place] !== 1)).toEqual([]);
  }

  const copy = () => structuredClone(explained) as unknown as Mutable;
  interface Mutable {
    explanation: {
      id: string;
      currency: string;
      total: string;
      paid: string;
      linesText: string;
      linesSha256: string;
      lines: MutableLine[];
    };
    lines: {
      id: string;
      line: number;
      tree: { size: number; root: string };
      events: MutableEvent[];
      nextCursor?: string;
    }[];
  }
  interface MutableLine {
    index: number;
    line: Record<string, unknown>;
    record?: Record<'at' | 'billedBefore', Record<string, unknown>> & {
      tree: { size: number; root: string };
      treeBefore?: { size: number; root: string };
    };
  }
  interface MutableEvent {
    text: string;
    index: number;
    sign: string;
    proof: { side: string; hash: string }[];
  }
  const altered = (change: (copied: Mutable) => void) => {
    const copied = copy();
    change(copied);
    return copied;
  };
  const eventIn = (copied: Mutable) => copied.lines[0]?.events[1] as MutableEvent;
  const freeze = ({ explanation }: Mutable, text: string) => {
    explanation.linesText = text;
    explanation.linesSha256 = createHash('sha256').update(text).digest('hex');
  };
  /** Adds a line of an invoice to another, all its proofs with it, and freezes both anew. */
  const append = (copied: Mutable, other: Mutable, line: number) => {
    const { lines, linesText, id } = copied.explanation;
    const index = lines.length;
    const kept = JSON.parse(other.explanation.linesText)[line];
    lines.push({ ...(other.explanation.lines[line] as MutableLine), index });
    const pages = other.lines.filter((page) => page.line === line);
    copied.lines.push(...pages.map((page) => ({ ...page, id, line: index })));
    freeze(copied, JSON.stringify([...JSON.parse(linesText), kept]));
  };

  test('any changed character of an event', async () => {
    const { length } = eventIn(copy()).text;
    const places = Array.from({ length }, (_, at) => at);
    await expectAllToFail(
      places.map((at) =>
        altered((copied) => {
          eventIn(copied).text = changed(eventIn(copied).text, at);
        }),
      ),
    );
  }, 60_000);

  test('any changed step of a proof', async () => {
    await expectAllToFail(
      eventIn(copy()).proof.flatMap((_, step) => [
        ...Array.from({ length: 64 }, (_, at) => at).map((at) =>
          altered((copied) => {
            const of = eventIn(copied).proof[step] as { hash: string };
            of.hash = changed(of.hash, at);
          }),
        ),
        altered((copied) => {
          const of = eventIn(copied).proof[step] as { side: string };
          of.side = of.side === 'left' ? 'right' : 'left';
        }),
        altered((copied) => {
          eventIn(copied).proof.splice(step, 1);
        }),
      ]),
    );
  }, 60_000);

  test('any changed amount, quantity, count or tree, shown or recorded', async () => {
    const records = ['at', 'billedBefore'] as const;
    await expectAllToFail([
      ...['amount', 'quantity', 'events', 'day', 'meter', 'source', 'kind'].map((name) =>
        altered(({ explanation }) => {
          const line = explanation.lines[0]?.line ?? {};
          line[name] =
            typeof line[name] === 'number' ? line[name] + 1 : changed(`${line[name]}`, 3);
        }),
      ),
      ...records.flatMap((record) =>
        ['amount', 'quantity', 'events'].map((name) =>
          altered(({ explanation }) => {
            const sums = explanation.lines[0]?.record?.[record] ?? {};
            sums[name] = typeof sums[name] === 'number' ? sums[name] + 1 : `${sums[name]}1`;
          }),
        ),
      ),
      ...(['tree', 'treeBefore'] as const).flatMap((name) => [
        altered(({ explanation }) => {
          const head = explanation.lines.find(({ record }) => record?.[name])?.record?.[name];
          if (head) head.root = changed(head.root, 7);
        }),
        altered(({ explanation }) => {
          const head = explanation.lines.find(({ record }) => record?.[name])?.record?.[name];
          if (head) head.size += 1;
        }),
      ]),
    ]);
  }, 60_000);

  test('any changed character of the frozen lines, also with their hash made anew', async () => {
    const { linesText } = copy().explanation;
    const digits = [...linesText.matchAll(/\d/g)].map(({ index }) => index);
    await expectAllToFail([
      ...Array.from({ length: linesText.length }, (_, at) => at).map((at) =>
        altered(({ explanation }) => {
          explanation.linesText = changed(linesText, at);
        }),
      ),
      ...digits.map((at) => altered((copied) => freeze(copied, changed(linesText, at)))),
      altered(({ explanation }) => {
        explanation.linesSha256 = changed(explanation.linesSha256, 0);
      }),
    ]);
  }, 60_000);

  test('another total, or less of it that is paid', async () => {
    await expectAllToFail([
      ...(['total', 'paid'] as const).map((name) =>
        altered(({ explanation }) => {
          explanation[name] = `${explanation[name]}1`;
        }),
      ),
      altered(({ explanation }) => {
        explanation.currency = 'USD';
      }),
    ]);
  });

  test('a line that is billed twice, also with all that is due summed up and frozen anew', async () => {
    const doubled = altered((copied) => {
      append(copied, copy(), 0);
      const { explanation } = copied;
      const lines: { amountMicros: string; source: string }[] = JSON.parse(explanation.linesText);
      const sumOf = (all: typeof lines) =>
        formatAmount(all.reduce((sum, { amountMicros }) => sum + BigInt(amountMicros), 0n));
      explanation.total = sumOf(lines);
      explanation.paid = sumOf(lines.filter(({ source }) => source !== 'postpaid'));
    });
    const { exitCode, output } = await verify(JSON.stringify(doubled));
    expect(output.match(/FAIL.*/g)).toEqual([expect.stringContaining('is in two lines')]);
    expect(exitCode).toBe(1);
  });

  test('a line in another currency', async () => {
    await world.consume(batchAt(6, [usage('dollar', { currency: 'USD', amountMicros: 0n })]));
    await world.bill();
    const dollars = (await expectVerified(idOf(3))) as unknown as Mutable;
    const mixed = altered((copied) => append(copied, dollars, 0));
    const { exitCode, output } = await verify(JSON.stringify(mixed));
    expect(output.match(/FAIL.*/g)).toEqual([
      expect.stringContaining('a line is in USD, the invoice in EUR'),
    ]);
    expect(exitCode).toBe(1);
  });

  test('events left out, doubled, moved, signed wrongly or of another line', async () => {
    const eventsOf = (copied: Mutable) => copied.lines[0]?.events ?? [];
    await expectAllToFail([
      altered((copied) => void eventsOf(copied).pop()),
      altered((copied) => void eventsOf(copied).shift()),
      altered((copied) => void eventsOf(copied).splice(1, 1)),
      altered((copied) => void eventsOf(copied).push(eventsOf(copied)[0] as MutableEvent)),
      altered((copied) => void eventsOf(copied).reverse()),
      altered((copied) => {
        // The places renamed, so that only the tree tells.
        const [one, other] = eventsOf(copied) as [MutableEvent, MutableEvent];
        [one.index, other.index] = [other.index, one.index];
        [copied.lines[0]?.events ?? []].map((events) => events.sort((a, b) => a.index - b.index));
      }),
      altered((copied) => {
        eventIn(copied).sign = '-';
      }),
      altered((copied) => void copied.lines.pop()),
      altered((copied) => void copied.lines.reverse().splice(0, 1)),
      altered((copied) => {
        copied.lines[0] = { ...(copied.lines[0] as Mutable['lines'][number]), nextCursor: '9' };
      }),
      altered((copied) => {
        copied.lines[0] = { ...(copied.lines[0] as Mutable['lines'][number]), id: idOf(1) };
      }),
      altered((copied) => {
        copied.explanation.id = `${PERIOD}.2.other`;
      }),
      altered((copied) => {
        delete copied.explanation.lines[0]?.record;
      }),
    ]);
    expect((await verify('{')).exitCode).toBe(1);
    expect((await verify('[]')).exitCode).toBe(1);
  }, 60_000);
});
